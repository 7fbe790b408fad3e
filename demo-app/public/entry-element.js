import { relativeTime } from './relative-time.js';

/** A new entry, shaped as the server shapes them; its words go in as text and never as markup. */
export function entryElement(entry) {
  const template = document.getElementById('entry-template');
  const element = template.content.firstElementChild.cloneNode(true);
  const part = (name) => element.querySelector(`[data-part=${name}]`);

  element.id = `entry-${entry.id}`;
  element.classList.add('fresh');
  part('name').textContent = entry.name;
  part('message').textContent = entry.message;
  part('time').dateTime = entry.writtenAt;
  part('time').textContent = relativeTime(entry.writtenAt);
  part('time').title = new Date(entry.writtenAt).toLocaleString();
  if (entry.picture) {
    part('photo').href = entry.picture;
    part('picture').src = entry.picture;
    part('picture').alt = `Picture from ${entry.name}`;
  } else part('photo').remove();
  if (entry.mine) {
    const action = part('remove').getAttribute('action');
    part('remove').setAttribute('action', action.replace(/\d+(?=\/remove$)/, entry.id));
  } else part('own').remove();
  return element;
}
