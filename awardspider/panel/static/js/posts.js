// Pass the image and the text of a post to another app of the phone. Without that feature, the button stays hidden.

const probe = new File([""], "award.png", { type: "image/png" });
if (navigator.canShare?.({ files: [probe] })) {
  for (const button of document.querySelectorAll("[data-share-image]")) button.hidden = false;
}

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-share-image]");
  if (!button) return;
  button.disabled = true;
  try {
    const response = await fetch(button.dataset.shareImage);
    const image = new File([await response.blob()], "award.png", { type: "image/png" });
    await navigator.share({ files: [image], text: document.querySelector(button.dataset.shareText).value });
  } catch (error) {
    if (error.name !== "AbortError") throw error; // the person closed the dialog
  } finally {
    button.disabled = false;
  }
});
