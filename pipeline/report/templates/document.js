(() => {
  'use strict';
  const number = cell => cell.dataset.value === undefined ? NaN : Number(cell.dataset.value);
  const compare = (one, other, place) => {
    const [a, b] = [one.cells[place], other.cells[place]];
    const [x, y] = [number(a), number(b)];
    if (!Number.isNaN(x) || !Number.isNaN(y)) return Number.isNaN(x) ? 1 : Number.isNaN(y) ? -1 : x - y;
    return a.textContent.localeCompare(b.textContent, document.documentElement.lang);
  };
  for (const table of document.querySelectorAll('table')) {
    const body = table.tBodies[0];
    if (!body || body.rows.length < 3 || body.querySelector('.group, .total')) continue;
    [...table.tHead.rows[0].cells].forEach((head, place) => {
      const button = document.createElement('button');
      button.type = 'button';
      button.textContent = head.textContent;
      head.replaceChildren(button);
      button.addEventListener('click', () => {
        const downward = head.getAttribute('aria-sort') !== 'descending';
        for (const other of head.parentElement.cells) other.removeAttribute('aria-sort');
        head.setAttribute('aria-sort', downward ? 'descending' : 'ascending');
        const rows = [...body.rows].sort((one, other) => compare(one, other, place));
        body.replaceChildren(...(downward ? rows.reverse() : rows));
      });
    });
  }
  const tip = document.createElement('div');
  tip.className = 'tip';
  tip.setAttribute('aria-hidden', 'true');
  tip.hidden = true;
  document.body.append(tip);
  for (const drawing of document.querySelectorAll('.drawing')) {
    drawing.addEventListener('pointermove', event => {
      const mark = event.target.closest('[aria-label][aria-roledescription]');
      const text = mark && drawing.contains(mark) ? mark.getAttribute('aria-label') : '';
      tip.hidden = !text;
      if (!text) return;
      tip.textContent = text;
      const room = document.documentElement.clientWidth - tip.offsetWidth - 8;
      tip.style.left = `${Math.max(8, Math.min(event.clientX + 12, room))}px`;
      tip.style.top = `${event.clientY + 16}px`;
    });
    drawing.addEventListener('pointerleave', () => { tip.hidden = true; });
  }
  addEventListener('hashchange', () => {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    for (let folded = target?.closest('details'); folded; folded = folded.parentElement.closest('details')) folded.open = true;
    target?.scrollIntoView();
  });
})();
