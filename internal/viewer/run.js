// What the viewer adds to the page of a run: it follows one that is recorded. Parts that somebody has open stay as they are.
const followed = $('#following');
if (followed) {
  const ended = followed.textContent.startsWith('Being') ? 'The run has ended. Load the page again for all that is said of it.' : '';
  const say = words => { followed.textContent = words; };
  // taken puts what is new in the place of what is old, unless nothing differs.
  const taken = (old, next) => { if (old && next && !same(old, next)) old.replaceWith(document.adoptNode(next)); };
  const stop = follow(followed.dataset.live, say, now => {
    const data = JSON.parse($('#data', now).textContent);
    const figures = $$('figure[data-p]'), drawn = $$('figure[data-p]', now);
    if (figures.length !== drawn.length || figures.some((f, i) => f.dataset.p !== drawn[i].dataset.p)) { location.reload(); return; }
    Object.assign(page, data);
    figures.forEach((f, i) => {
      const old = $$('svg,.cap', f), next = $$('svg,.cap', drawn[i]);
      if (old.length !== next.length) { location.reload(); return; }
      old.forEach((e, k) => taken(e, next[k]));
    });
    const ahead = $('#run .lead', now), facts = $('#run dl.facts', now);
    taken($('#run .lead'), ahead);
    taken($('#run dl.facts'), facts);
    for (const part of ['#warnings', '#provenance', '#pages']) taken($(part), $(part, now));
    still = null;
    const rows = $('.rows'), list = $$('.rows>.it', now);
    if (!rows && list.length) { location.reload(); return; }
    for (const it of list) {
      const old = document.getElementById(it.id);
      if (!old) rows.append(document.adoptNode(it));
      else if (!$('details[open]', old)) taken(old, it);
      else {
        taken($('h3', old), $('h3', it));
        for (const row of $$('.row', it)) {
          const was = document.getElementById(row.id);
          if (!was) { $(':scope>div', old).append(document.adoptNode(row)); continue; }
          if (!was.open) taken(was, row);
          else taken($('summary', was), $('summary', row));
        }
      }
    }
    for (const t of $$('.etype', now)) {
      const old = document.getElementById(t.id);
      if (!old) $('#events>.ui').append(document.adoptNode(t));
      else if (!old.open) taken(old, t);
    }
    if (!$('#following', now)) { stop(); say(ended); }
  });
}

// Not all iterations are listed, and not all calls: the page with what is looked for is another one.
const goHere = go;
go = id => {
  const there = goHere(id), n = /^i(\d+)(\/|$)/.exec(id);
  if (!there && n && page.its.includes(+n[1])) location.assign(`?it=${n[1]}#${encodeURIComponent(id).replace('%2F', '/')}`);
  return there;
};
here();
const textHere = text;
text = async ref => {
  const answer = await textHere(ref);
  if (ref.startsWith('search?')) {
    for (const o of answer) {
      const box = o.q != null && $(`.conv[data-c~="${o.q}"]`);
      if (box) o.g = box.closest('.row').id;
    }
  }
  return answer;
};
const searchHere = search;
search = async () => {
  await searchHere();
  const words = query.value.trim();
  if (found.hidden || words.length < 2) return;
  const a = el('a', '', 'Search every record');
  a.href = 'search?q=' + encodeURIComponent(words);
  found.append(el('p', 'ui', a));
};
