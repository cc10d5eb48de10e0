// Counters beside subject and preheader, and suggestions that fill their box. The server shows the same without this.

const lengthOf = (text) => [...text].length;

function problem(text, most, fewest) {
  const length = lengthOf(text);
  if (length > most) {
    const end = [...text].slice(Math.max(0, most - 12), most).join("").trim();
    return `${length} characters: inboxes cut it after about ${most}, at “…${end}”.`;
  }
  if (text && length < fewest) {
    return `${length} characters: inboxes fill the rest of the line with the mail’s first words.`;
  }
  return "";
}

document.addEventListener("input", (event) => {
  const box = event.target;
  const counter = box.id && document.querySelector(`[data-counter="${CSS.escape(box.id)}"]`);
  if (!counter) return;
  const text = box.value.trim() || box.placeholder;
  const { most, fewest } = counter.dataset;
  counter.querySelector("[data-length]").textContent = lengthOf(text);
  counter.classList.toggle("counter-over", lengthOf(text) > Number(most));
  box.closest("[data-box]").querySelector("[data-problem]").textContent = problem(text, Number(most), Number(fewest));
});

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-fill]");
  if (!button) return;
  event.preventDefault();
  const box = document.getElementById(button.dataset.fill);
  box.value = button.value;
  box.dispatchEvent(new Event("input", { bubbles: true }));
  box.focus();
  box.dispatchEvent(new Event("change", { bubbles: true }));
});
