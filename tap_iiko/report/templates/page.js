// What a pointer rests on, or a finger touches, says its title. The page works without this.
for (const title of document.querySelectorAll("svg title")) {
  title.parentNode.dataset.says = title.textContent;
  title.remove();
}
for (const element of document.querySelectorAll("td[title]")) {
  element.dataset.says = element.title;
  element.ariaLabel = element.title;
  element.removeAttribute("title");
}
const tip = document.body.appendChild(document.createElement("div"));
tip.className = "tip";
const tell = ({ target, clientX, clientY }) => {
  const said = target.closest?.("[data-says]")?.dataset.says;
  tip.hidden = !said;
  if (!said) return;
  tip.textContent = said.split(" / ").at(document.getElementById("en").checked ? -1 : 0);
  tip.style.left = `${Math.max(8, Math.min(clientX + 12, innerWidth - tip.offsetWidth - 8))}px`;
  tip.style.top = `${Math.max(8, clientY - tip.offsetHeight - 12)}px`;
};
for (const event of ["pointermove", "pointerdown"]) addEventListener(event, tell);
