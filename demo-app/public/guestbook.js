import { followBook } from './follow-book.js';
import { relativeTime } from './relative-time.js';

const MINUTE = 60_000;

function refreshTimes() {
  for (const time of document.querySelectorAll('time')) {
    time.textContent = relativeTime(time.dateTime);
    time.title = new Date(time.dateTime).toLocaleString();
  }
}

refreshTimes();
setInterval(refreshTimes, MINUTE);

const list = document.getElementById('entries');
if ('live' in list.dataset) followBook(list);
