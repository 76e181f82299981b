// A log shows its end, and stays there while it grows, unless a person has scrolled up.
let isAtEnd = true;

function showEnd() {
  const log = document.querySelector("[data-log]");
  if (log && isAtEnd) log.scrollTop = log.scrollHeight;
}
document.addEventListener("scroll", (event) => {
  if (!event.target.matches?.("[data-log]")) return;
  const log = event.target;
  isAtEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 40;
}, true);
document.addEventListener("htmx:after:swap", showEnd);
showEnd();
