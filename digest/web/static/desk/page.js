// On every page of the desk. All of it works without scripts, too.
document.documentElement.classList.add("js");

// Mark the frame that has the keyboard focus: CSS cannot see it.
window.addEventListener("blur", () => {
  if (document.activeElement instanceof HTMLIFrameElement) document.activeElement.classList.add("inside");
});
window.addEventListener("focus", () => {
  for (const frame of document.querySelectorAll("iframe.inside")) frame.classList.remove("inside");
});
