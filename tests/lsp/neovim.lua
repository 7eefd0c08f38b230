-- What a user of Neovim does, with what 0.7 and 0.10 both have: opens a file, sees diagnostics, reads, goes to a
-- definition, edits, applies an action, completes a tag, and leaves. Says what it saw on stdout, a line each.
local arguments = vim.json and vim.json.decode(vim.env.LSP_TEST) or vim.fn.json_decode(vim.env.LSP_TEST)

local function say(word, value)
  io.stdout:write(word, ' ', value, '\n')
end

-- Steps run between the editor's own work, so that keys are taken and windows drawn in between.
local steps = coroutine.create(function() end)
local PATIENCE = 60000

local function pause()
  coroutine.yield()
end

local function wait(what, condition)
  local started = vim.loop.now()
  while not condition() do
    if vim.loop.now() - started > PATIENCE then
      error('waited in vain for ' .. what)
    end
    pause()
  end
end

local function diagnostics()
  local all = {}
  for _, found in ipairs(vim.diagnostic.get(0)) do
    table.insert(all, string.format('%d:%d %s', found.lnum, found.col, found.code or '-'))
  end
  table.sort(all)
  return table.concat(all, ', ')
end

local function keys(text)
  local typed = vim.api.nvim_replace_termcodes(text, true, false, true)
  vim.api.nvim_feedkeys(typed, 't', false)
end

local function line(number)
  return vim.api.nvim_buf_get_lines(0, number - 1, number, false)[1]
end

-- Applies the action whose title begins so, as the user chooses it.
local function act(title)
  local chosen
  vim.ui.select = function(items, options, choose)
    for _, item in ipairs(items) do
      local words = options.format_item(item)
      if words:find(title, 1, true) then
        chosen = words
        choose(item)
        return
      end
    end
    chosen = 'none of ' .. #items
  end
  vim.lsp.buf.code_action()
  wait('an action', function() return chosen ~= nil end)
  return chosen
end

local function run()
  vim.cmd('edit pod.yaml')
  local id = vim.lsp.start_client({
    name = 'image-lint',
    cmd = arguments.command,
    root_dir = vim.fn.getcwd(),
    init_options = vim.empty_dict(),
  })
  vim.lsp.buf_attach_client(0, id)
  wait('diagnostics', function() return diagnostics() ~= '' end)
  say('opened', diagnostics())
  say('message', vim.diagnostic.get(0)[1].message:match('^[^\n]*'))

  vim.api.nvim_win_set_cursor(0, { 7, 14 })
  local hover
  vim.lsp.buf_request(0, 'textDocument/hover', vim.lsp.util.make_position_params(), function(_, result)
    hover = result and result.contents.value or 'nothing'
  end)
  wait('hover', function() return hover ~= nil end)
  say('hover', hover:match('^[^\n]*'))

  say('action', act('write the nearest tag'))
  wait('the edit', function() return line(7):find(':1.6', 1, true) end)
  wait('a clean file', function() return diagnostics() == '' end)
  say('edited', line(7))

  -- A second image, typed to its colon; the tag is taken from the menu.
  vim.opt_local.omnifunc = 'v:lua.vim.lsp.omnifunc'
  vim.opt.completeopt = { 'menuone' }
  keys('Go- name: c1<CR>image: ' .. arguments.image .. ':')
  wait('the typed line', function() return line(9) and line(9):find(arguments.image, 1, true) end)
  keys('<C-x><C-o>')
  wait('a menu', function() return vim.fn.pumvisible() == 1 end)
  local words = {}
  for _, item in ipairs(vim.fn.complete_info({ 'items' }).items) do
    table.insert(words, item.abbr ~= '' and item.abbr or item.word)
  end
  say('completion', table.concat(words, ', '))
  keys('<C-y><Esc>')
  wait('normal mode', function() return vim.fn.mode() == 'n' end)
  say('completed', line(9))

  vim.cmd('write')
  vim.cmd('edit Dockerfile')
  vim.lsp.buf_attach_client(0, id)
  vim.api.nvim_win_set_cursor(0, { 2, 20 })
  wait('the second file', function()
    local answers = vim.lsp.buf_request_sync(0, 'textDocument/definition', vim.lsp.util.make_position_params(), 5000)
    return answers and answers[id] and answers[id].result
  end)
  vim.lsp.buf.definition()
  wait('the definition', function() return vim.api.nvim_win_get_cursor(0)[1] == 1 end)
  say('definition', line(vim.api.nvim_win_get_cursor(0)[1]))

  vim.lsp.stop_client(id)
  wait('the end', function() return vim.lsp.client_is_stopped(id) end)
  say('stopped', 'in order')
end

steps = coroutine.create(run)
local timer = vim.loop.new_timer()
timer:start(0, 20, vim.schedule_wrap(function()
  -- While a step waits for an answer by itself, the timer goes on.
  if coroutine.status(steps) ~= 'suspended' then
    return
  end
  local fine, why = coroutine.resume(steps)
  if not fine then
    say('failed', tostring(why))
  end
  if coroutine.status(steps) == 'dead' then
    timer:stop()
    io.stdout:flush()
    vim.cmd('qall!')
  end
end))
