"use strict";

// Append an element with a text to its parent.
function element(tag, text, parent, className) {
  const child = document.createElement(tag);
  child.textContent = text;
  if (className) child.className = className;
  parent.append(child);
  return child;
}

