// What the theme adds while it runs, for keys and screen readers: a wide table scrolls with the arrow keys, and the frame
// of a copy button is no landmark.
const improve = () => {
  for (const wide of document.querySelectorAll(".md-typeset__scrollwrap")) wide.tabIndex = 0;
  for (const frame of document.querySelectorAll("nav.md-code__nav")) frame.setAttribute("role", "none");
};
new MutationObserver(improve).observe(document.body, { childList: true, subtree: true });
improve();
