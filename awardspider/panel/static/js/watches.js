// The editor of watches: the line of an error in the YAML text, and fields that an error links to.

const yaml = document.querySelector("textarea[data-line]");
if (yaml) {
  const lines = yaml.value.split("\n");
  const line = Math.min(Number(yaml.dataset.line), lines.length);
  const start = lines.slice(0, line - 1).reduce((sum, each) => sum + each.length + 1, 0);
  yaml.focus();
  yaml.setSelectionRange(start, start + lines[line - 1].length);
}

// Open the group of a field that an error links to, and put the cursor into it.
document.addEventListener("click", (event) => {
  const link = event.target.closest('a[href^="#field-"]');
  if (!link) return;
  const field = document.getElementById(link.hash.slice(1));
  if (!field) return;
  event.preventDefault();
  field.closest("details")?.setAttribute("open", "");
  const control = field.matches("fieldset") ? field.querySelector("input, select") : field;
  control?.focus();
  field.scrollIntoView({ block: "center" });
});

// Ask before leaving the page with changes; buttons of the form keep them.
const editor = document.getElementById("editor");
if (editor) {
  let isChanged = false;
  editor.addEventListener("input", () => { isChanged = true; });
  editor.addEventListener("submit", () => { isChanged = false; });
  window.addEventListener("beforeunload", (event) => { if (isChanged) event.preventDefault(); });
}
