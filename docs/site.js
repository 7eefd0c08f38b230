// What the theme adds while it runs, for keys and screen readers: a wide table scrolls with the arrow keys, and the frame
// of a copy button is no landmark.
const improve = () => {
  for (const wide of document.querySelectorAll(".md-typeset__scrollwrap")) wide.tabIndex = 0;
  for (const frame of document.querySelectorAll("nav.md-code__nav")) frame.setAttribute("role", "none");
};
new MutationObserver(improve).observe(document.body, { childList: true, subtree: true });
improve();

// Whoever types a question is not to be offered every page with a word that begins with "a" or "for": the theme leaves such
// words out of its index, not out of what is asked.
const SMALL = new Set(
  ("a about after all also am an and any are as at be been but by can cannot could do does for from get had has have how i if in into is it its "
    + "me my need no not of on one or our ours should so than that the their them then there these they this to us was we what when "
    + "where which who whole whose why will with without would you your").split(" "),
);
const QUERY = 2;
const post = Worker.prototype.postMessage;
Worker.prototype.postMessage = function (message, ...rest) {
  if (message?.type === QUERY && typeof message.data === "string") {
    // A name with its port and a flag are words: to the search engine a colon would name a field, and a dash exclude.
    const plain = message.data.replace(/[:^~*]+/g, " ").replace(/(^|\s)[-+]+/g, "$1");
    message = { ...message, data: plain };
  }
  if (message?.type === QUERY && typeof message.data === "string" && !message.data.includes('"')) {
    const words = message.data.split(/\s+/).map((word) => word.replace(/[?,.!;]+$/, ""));
    const large = words.filter((word) => !SMALL.has(word.toLowerCase()));
    // What begins with the rest is found: "push" and "pushed", "finding" and "findings".
    const stems = large.map((word) => word.replace(/^([a-z]{4,})(?:ed|s)$/i, "$1"));
    if (stems.length) message = { ...message, data: stems.join(" ") };
  }
  return post.call(this, message, ...rest);
};
