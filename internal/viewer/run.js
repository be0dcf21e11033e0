// What the viewer adds to the page of a run: it follows one that is recorded. Parts that somebody has open stay as they are.
const line_ = $('#following');
if (line_) {
  const say = words => { line_.textContent = words; };
  // taken puts what is new in the place of what is old, unless nothing differs.
  const taken = (old, next) => { if (old && next && !same(old, next)) old.replaceWith(document.adoptNode(next)); };
  const stop = follow(line_.dataset.live, say, now => {
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
    taken($('.above nav'), $('.above nav', now));
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
    if (!$('#following', now)) { stop(); say('The run has ended. Load the page again for all that is said of it.'); }
  });
}
