class Picture { String image = 'quay.io/not/one:1' }
