import { entryElement } from './entry-element.js';

const PATIENCE = 5000;

/** Shows what others write, while they write it, at the top of the list. */
export function followBook(list) {
  const news = document.getElementById('live-news');
  const count = document.getElementById('entry-count');
  const countBy = (step) => {
    count.textContent = String(Number(count.textContent) + step);
  };
  let lastId = list.dataset.lastId;

  const add = (event) => {
    lastId = event.lastEventId;
    const entry = JSON.parse(event.data);
    if (document.getElementById(`entry-${entry.id}`)) return;
    document.getElementById('empty')?.remove();
    list.prepend(entryElement(entry));
    countBy(1);
    news.textContent = `${entry.name} has just signed the book.`;
  };

  const remove = (event) => {
    document.getElementById(`entry-${JSON.parse(event.data).id}`)?.remove();
    countBy(-1);
  };

  const open = () => {
    const source = new EventSource(`${list.dataset.events}?after=${lastId}`);
    source.addEventListener('open', () => list.setAttribute('data-live', 'on'));
    source.addEventListener('entry', add);
    source.addEventListener('removed', remove);
    // A browser comes back by itself after a cut, but not after an error page from the web server.
    source.addEventListener('error', () => {
      list.setAttribute('data-live', 'off');
      if (source.readyState === EventSource.CLOSED) setTimeout(open, PATIENCE);
    });
  };
  open();
}
