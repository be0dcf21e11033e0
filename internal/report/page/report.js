'use strict';
// What was recorded gets into the page as text (textContent) only, never as markup.
const $ = (selector, in_ = document) => in_.querySelector(selector);
const $$ = (selector, in_ = document) => [...in_.querySelectorAll(selector)];
const page = JSON.parse($('#data').textContent);

// text is the only place where data comes from: from the page itself, or from the server that made it. The refs are
// call/SEQ, events?type=T&from=N, events?it=N&from=N and search?q=TEXT.
async function text(ref) {
  if (page.base) {
    const answer = await fetch(page.base + ref);
    if (!answer.ok) throw Error(await answer.text());
    return answer.json();
  }
  const all = await unpacked(), [what, rest] = ref.split(/[/?]/), ask = new URLSearchParams(rest);
  if (what === 'call') {
    const c = all.bySeq.get(+rest);
    return { c, b: c.b == null ? null : all.bySeq.get(c.b) };
  }
  if (what === 'events') {
    const it = ask.get('it'), type = ask.get('type'), from = +ask.get('from');
    const list = all.events.filter(e => it == null ? kind(e) === type : e.i === +it);
    return { list: list.slice(from, from + EVENTS), all: list.length };
  }
  return find(all, ask.get('q'));
}
const EVENTS = 100; // are laid out at a time
const kind = e => typeof e.k === 'number' ? page.kinds[e.k] : e.k;

// unpacked gives the lines, calls and events that are in the page, which may be compressed there.
let whole = null;
function unpacked() {
  return whole ||= (async () => {
    let d = page;
    const packed = $('#packed');
    if (packed) {
      if (!globalThis.DecompressionStream) throw Error('this browser cannot unpack the texts of this page');
      const bytes = Uint8Array.from(atob(packed.textContent), c => c.charCodeAt(0));
      d = await new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream('deflate-raw'))).json();
    }
    for (const c of d.calls) for (const k of 'sur') if (c[k] && c[k].r) c[k].lines = linesOf(d.lines, c[k].r);
    return { ...d, bySeq: new Map(d.calls.map(c => [c.q, c])) };
  })();
}
function linesOf(lines, ranges) {
  const out = [];
  for (let i = 0; i < ranges.length; i += 2) for (let k = 0; k < ranges[i + 1]; k++) out.push(lines[ranges[i] + k]);
  return out;
}
const lines = t => t.lines || (t.lines = t.t.split('\n'));

// Nodes.
function el(tag, cls, ...kids) {
  const e = document.createElement(tag);
  if (cls) e.className = cls;
  e.append(...kids.filter(k => k != null));
  return e;
}
function button(label, f) {
  const b = el('button', 'tog', label);
  b.type = 'button';
  b.onclick = f;
  return b;
}
// later is a part that is filled when it is opened.
function later(label, fill) {
  const d = el('details', '', el('summary', 'soft', label));
  d.fill = () => { if (!d.filled) { d.filled = true; d.append(...[fill()].flat()); } d.open = true; };
  d.addEventListener('toggle', () => d.open && d.fill());
  return d;
}
const num = n => String(n).replace(/\B(?=(\d{3})+$)/g, ',');
const many = (n, thing) => num(n) + ' ' + thing + (n === 1 ? '' : 's');

// Characters that act on a page or that nobody can see are shown by number. The list is that of the program.
const HIDDEN = new RegExp('[\\u{0}-\\u{8}\\u{b}-\\u{1f}\\u{7f}-\\u{9f}\\u{ad}\\u{61c}\\u{180e}\\u{200b}\\u{200e}' +
  '\\u{200f}\\u{2028}-\\u{202e}\\u{2060}-\\u{206f}\\u{d800}-\\u{dfff}\\u{feff}\\u{fff0}-\\u{fffb}' +
  '\\u{e0000}-\\u{e0fff}\\p{NChar}]', 'gu');
function shown(s) {
  const f = document.createDocumentFragment();
  let at = 0;
  for (const m of s.matchAll(HIDDEN)) {
    const number = m[0].codePointAt(0).toString(16).toUpperCase().padStart(4, '0');
    f.append(s.slice(at, m.index), el('span', 'ctl', 'U+' + number));
    at = m.index + m[0].length;
  }
  f.append(s.slice(at));
  return f;
}
const isolated = s => el('bdi', '', shown(s));

// pretty lays JSON out from its text, so that numbers keep their digits. Short values stay on a line.
function pretty(json) {
  const tokens = json.match(/"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/gs) || [];
  let i = 0;
  const value = (indent, depth) => {
    const t = tokens[i++];
    if (t !== '{' && t !== '[') return t;
    if (depth > 200) throw RangeError();
    const close = t === '{' ? '}' : ']', parts = [];
    while (i < tokens.length && tokens[i] !== close) {
      if (tokens[i] === ',') { i++; continue; }
      let name = '';
      if (t === '{') { name = tokens[i] + ': '; i += 2; }
      parts.push(name + value(indent + '  ', depth + 1));
    }
    i++;
    const line = t + parts.join(', ') + close;
    if (indent.length + line.length < 80 && !line.includes('\n')) return line;
    return t + '\n' + parts.map(p => indent + '  ' + p).join(',\n') + '\n' + indent + close;
  };
  try { return value('', 0); } catch { return json; }
}

// diff gives the edit script from a to b: [' ' both, 'd' only in a, 'a' only in b; the element]. Behind the common
// beginning and before the common end it finds the longest common subsequence.
const CELLS = 4e6;
function diff(a, b) {
  let from = 0, endA = a.length, endB = b.length;
  while (from < endA && from < endB && a[from] === b[from]) from++;
  while (endA > from && endB > from && a[endA - 1] === b[endB - 1]) { endA--; endB--; }
  const out = b.slice(0, from).map(x => [' ', x]), n = endA - from, m = endB - from;
  if (n * m > CELLS) {
    for (let i = from; i < endA; i++) out.push(['d', a[i]]);
    for (let j = from; j < endB; j++) out.push(['a', b[j]]);
  } else {
    const w = m + 1, t = new Uint16Array((n + 1) * w);
    for (let i = n - 1; i >= 0; i--) for (let j = m - 1; j >= 0; j--) {
      const at = i * w + j, down = at + w, right = at + 1;
      t[at] = a[from + i] === b[from + j] ? t[down + 1] + 1 : Math.max(t[down], t[right]);
    }
    for (let i = 0, j = 0; i < n || j < m;) {
      if (i < n && j < m && a[from + i] === b[from + j]) { out.push([' ', b[from + j]]); i++; j++; }
      else if (j === m || i < n && t[(i + 1) * w + j] >= t[i * w + j + 1]) out.push(['d', a[from + i++]]);
      else out.push(['a', b[from + j++]]);
    }
  }
  return out.concat(b.slice(endB).map(x => [' ', x]));
}

// line makes a line of a text; against another one the words that it does not have are underlined.
const LONG = 2000, WORDS = 4e5;
function line(op, s, other) {
  const e = el('span', op === ' ' ? 'l' : 'l ' + op);
  if (s.length > LONG) {
    const more = button(`… ${num(s.length - LONG)} more characters`, () => more.replaceWith(shown(s.slice(LONG))));
    e.append(shown(s.slice(0, LONG)), more);
    return e;
  }
  const words = t => t.match(/[\p{L}\d_]+(?:[.,]\d+)*|\s+|./gsu) || [];
  const x = other == null ? [] : words(other), y = words(s);
  if (other == null || x.length * y.length > WORDS) { e.append(shown(s)); return e; }
  let run = '', marked = false;
  const flush = () => { if (run) e.append(marked ? el('mark', '', shown(run)) : shown(run)); run = ''; };
  for (const [k, word] of diff(x, y)) {
    if (k === 'd') continue;
    if ((k === 'a') !== marked) { flush(); marked = !marked; }
    run += word;
  }
  flush();
  return e;
}
function wholeText(list) {
  const box = el('pre', 'txt');
  for (const s of list) box.append(line(' ', s));
  return box;
}
// changes folds what is as before, and the rest of long changes.
const FOLDED = 3, CHANGED = 40;
function changes(ops) {
  const box = el('pre', 'txt');
  const fold = (list, label) => box.append(later(label, () => list.map(o => line(...o))));
  for (let i = 0; i < ops.length;) {
    let j = i;
    const same = ops[i][0] === ' ';
    while (j < ops.length && (ops[j][0] === ' ') === same) j++;
    let list = ops.slice(i, j);
    if (same) {
      const head = i > 0 ? 1 : 0, tail = j < ops.length ? 1 : 0;
      if (list.length > FOLDED) {
        if (head) box.append(line(...list[0]));
        fold(list.slice(head, list.length - tail), many(list.length - head - tail, 'line') + ' as before');
        if (tail) box.append(line(...list.at(-1)));
      } else list.forEach(o => box.append(line(...o)));
    } else {
      const gone = list.filter(o => o[0] === 'd'), come = list.filter(o => o[0] === 'a');
      if (gone.length === come.length) list = gone.flatMap((o, k) => [[...o, come[k][1]], [...come[k], o[1]]]);
      const n = list.length > CHANGED ? CHANGED / 2 : list.length;
      list.slice(0, n).forEach(o => box.append(line(...o)));
      if (n < list.length) fold(list.slice(n), many(list.length - n, 'changed line') + ' more');
    }
    i = j;
  }
  return box;
}

// The conversation behind a decision.
const held = h => {
  const code = el('code', '', h.slice(0, 16) + '…');
  code.title = h;
  return el('p', '', el('span', 'held', 'withheld · commitment ', code));
};
const leftOut = () => el('p', 'soft', 'Left out of this page to keep it small: exparchive view shows it.');
function section(title, about, ...kids) {
  return el('section', '', el('header', '', el('h4', '', title), el('span', '', about)), ...kids);
}
// missing is the section for a text that is not there to be shown; null for one that is.
function missing(title, t, absent) {
  if (t == null) return section(title, absent);
  return t.h ? section(title, '', held(t.h)) : t.x ? section(title, '', leftOut()) : null;
}
const lengthOf = list => num(list.reduce((n, s) => n + s.length + 1, -1)) + ' characters';
function prompt(title, mine, before, where, always) {
  const none = missing(title, mine, 'not recorded');
  if (none) return none;
  const list = lines(mine), was = before && (before.r || before.t != null) ? lines(before) : null;
  let s;
  if (always || was && was.length === list.length && was.every((x, i) => x === list[i])) {
    const d = later('Show it', () => wholeText(list));
    s = section(title, lengthOf(list) + '; ' + (always || 'as in ' + where), d);
    s.full = () => { d.fill(); return $('pre', d); };
  } else if (!was) {
    const box = wholeText(list);
    s = section(title, lengthOf(list), box);
    s.full = () => box;
  } else {
    const ops = diff(was, list), count = k => ops.filter(o => o[0] === k).length;
    let view = null;
    const show = full => {
      const next = full ? wholeText(list) : changes(ops);
      view ? view.replaceWith(next) : s.append(next);
      a.ariaPressed = String(!full);
      b.ariaPressed = String(full);
      return view = next;
    };
    const a = button('changes', () => show(false)), b = button('whole', () => show(true));
    s = section(title, `${lengthOf(list)}; against ${where}: ${many(count('a'), 'line')} new, ${num(count('d'))} gone`);
    $('header', s).append(a, b);
    show(false);
    s.full = () => show(true);
  }
  return s;
}
function answer(title, t, absent, asJSON) {
  const none = missing(title, t, absent);
  if (none) return none;
  const list = asJSON ? pretty(t.t).split('\n') : lines(t);
  let s;
  if (asJSON) {
    const d = later('Show it', () => wholeText(list));
    s = section(title, 'the policy as JSON', d);
    s.full = () => { d.fill(); return $('pre', d); };
  } else {
    const box = wholeText(list);
    s = section(title, lengthOf(list) + ', as given', box);
    s.full = () => box;
  }
  return s;
}
// conversation lays out the calls of a row, once.
function conversation(box) {
  return box.done ||= (async () => {
    box.parts = new Map();
    box.ariaBusy = 'true';
    for (const seq of box.dataset.c.split(' ')) {
      try {
        const { c, b } = await text('call/' + seq), where = b && 'iteration ' + b.i;
        const parts = {
          s: prompt('System prompt', c.s, b && b.s, where, page.sys && `the same in all ${num(page.sys)} calls`),
          u: prompt('User prompt', c.u, b && b.u, where),
          r: answer('Answer', c.r, 'none recorded'),
          p: answer('Parsed from it', c.p, 'nothing', true),
        };
        if (!c.p && c.e) parts.p = section('Parsed from it', '', el('p', '', isolated(c.e)));
        box.parts.set(+seq, parts);
        box.append(...Object.values(parts));
      } catch (e) {
        box.append(el('p', 'box bad', 'These texts could not be read: ' + e.message));
      }
    }
    box.ariaBusy = null;
  })();
}

// Events, a hundred at a time.
function eventLine(e) {
  const time = (e.t || '').replace(/^.*T/, '').replace(/(\.\d{3})\d*/, '$1');
  const brief = e.h ? 'withheld' : e.x ? 'left out' : e.d || '';
  const d = el('details', 'ev', el('summary', '', el('span', 'n', 'i' + e.i), el('span', 'soft', shown(time)),
    el('span', '', shown(kind(e))), el('span', '', shown(brief.slice(0, 160)))));
  d.seq = e.q;
  d.addEventListener('toggle', () => {
    if (d.children.length > 1) return;
    d.append(e.h ? held(e.h) : e.x ? leftOut() : el('pre', 'txt', shown(e.d == null ? 'no data' : pretty(e.d))));
  });
  return d;
}
function events(box) {
  return box.done ||= (async () => {
    const { it, k } = box.dataset, ask = it != null ? 'it=' + it : 'type=' + encodeURIComponent(page.kinds[k]);
    let at = 0;
    const more = button('', () => box.more());
    box.append(more);
    box.more = async () => {
      const { list, all } = await text(`events?${ask}&from=${at}`);
      more.before(...list.map(eventLine));
      at += list.length;
      more.hidden = at >= all || !list.length;
      more.textContent = num(all - at) + ' more';
      return !more.hidden;
    };
    await box.more();
  })();
}
document.addEventListener('toggle', e => {
  if (!e.target.open) return;
  if (e.target.matches('.row')) { const c = $('.conv', e.target); if (c) conversation(c); }
  else if (e.target.matches('.evs,.etype')) events(e.target);
}, true);

// Deep links: #i12 is an iteration, #i12/BANK_A a decision, which is opened.
function go(id) {
  const t = document.getElementById(id);
  if (!t) return null;
  for (let p = t; p; p = p.parentElement) if (p.tagName === 'DETAILS') p.open = true;
  t.scrollIntoView();
  const f = t.matches('details') ? $('summary', t) : $('h3 a', t);
  if (f) f.focus({ preventScroll: true });
  return t;
}
function here() {
  let id = location.hash.slice(1);
  try { id = decodeURIComponent(id); } catch { }
  if (id) go(id);
}
addEventListener('hashchange', here);
const place = id => { try { history.replaceState(null, '', '#' + id); } catch { } };
document.addEventListener('click', e => {
  const s = e.target.closest('.row>summary');
  if (s && !s.parentElement.open) place(s.parentElement.id);
});

// Charts: one cursor in all panels; a click goes to the decision.
const panels = $$('figure[data-p]'), pick = $('#pick');
function cursor(at) {
  for (const f of panels) {
    const read = page.read[f.dataset.p] || {}, chosen = read[pick ? pick.value : 'p0'];
    const values = at == null ? [] : [read.c && read.c[at], chosen && chosen[at]].filter(Boolean);
    $('output', f).textContent = at == null ? '' : `iteration ${page.its[at]}: ${values.join(', ')}`;
    for (const c of $$('.cur', f)) {
      c.style.visibility = at == null ? 'hidden' : 'visible';
      if (at != null) {
        const [x, step] = c.parentElement.dataset.x.split(' ').map(Number);
        c.setAttribute('transform', `translate(${x + at * step} 0)`);
      }
    }
  }
}
function under(e) {
  const svg = e.target.closest('svg[data-x]');
  if (!svg) return null;
  const [x, step, n] = svg.dataset.x.split(' ').map(Number), r = svg.getBoundingClientRect();
  const at = step ? Math.round(((e.clientX - r.left) * 360 / r.width - x) / step) : 0;
  return Math.max(0, Math.min(n - 1, at));
}
for (const f of panels) {
  f.addEventListener('pointermove', e => { const at = under(e); if (at != null) cursor(at); });
  f.addEventListener('pointerleave', () => cursor(null));
  f.addEventListener('click', e => {
    const at = under(e);
    if (at != null) go(`i${page.its[at]}` + (f.dataset.key ? '/' + f.dataset.key : ''));
  });
}
if (pick) pick.onchange = () => $$('[data-param]').forEach(e => { e.hidden = e.dataset.param !== pick.value; });

// Search. A line that many prompts share is one hit.
const HITS = 100;
function find(all, words) {
  if (!all.index) {
    const names = { s: 'system prompt', u: 'user prompt', r: 'answer' };
    all.index = [];
    for (const k of Object.keys(names)) {
      const seen = [];
      for (const c of all.calls) {
        if (!c[k] || !c[k].r) continue;
        for (let i = 0, l = 0, r = c[k].r; i < r.length; i += 2) for (let n = 0; n < r[i + 1]; n++, l++) {
          const at = r[i] + n;
          const t = all.lines[at], w = `iteration ${c.i}, ${names[k]}`;
          if (seen[at]) seen[at].n++;
          else if (t.trim()) all.index.push(seen[at] = { w, g: c.g, t, q: c.q, k, l, n: 1 });
        }
      }
    }
    for (const e of all.events) {
      all.index.push({ w: `iteration ${e.i}, ${kind(e)}`, t: e.d || '', i: e.i, e: e.q, n: 1 });
    }
    for (const o of all.index) o.f = o.t.toLowerCase();
  }
  return all.index.filter(o => o.f.includes(words));
}
// plain gives the text of an element as people read it: with blanks between its parts, without what only screen readers
// say and without the heading.
function plain(e) {
  if (e.nodeType === Node.TEXT_NODE) return e.data;
  if (e.matches('.vh,h4')) return ' ';
  const inside = [...e.childNodes].map(plain).join('');
  return e.matches('b,bdi,code,ins,del') ? inside : ` ${inside} `;
}
let still = null;
function inPage(words) {
  still ||= $$('[data-s]').map(e => {
    const it = e.closest('.it'), t = plain(e).replace(/\s+/g, ' ').trim();
    const w = it ? `iteration ${it.id.slice(1)}, ${e.dataset.s}` : e.dataset.s;
    return { w, g: e.closest('[id]').id, t, f: t.toLowerCase(), n: 1 };
  });
  return still.filter(o => o.f.includes(words));
}
const query = $('#q'), found = $('#found');
let asked = 0;
async function search() {
  const words = query.value.trim().toLowerCase(), mine = ++asked;
  if (globalThis.CSS && CSS.highlights) CSS.highlights.clear();
  if (words.length < 2) { found.hidden = true; found.replaceChildren(); return; }
  let hits = inPage(words), trouble = '';
  try {
    hits = hits.concat(await text('search?q=' + encodeURIComponent(words)));
  } catch (e) {
    trouble = '; ' + e.message;
  }
  if (mine !== asked) return;
  const count = many(hits.length, 'place') + (hits.length > HITS ? `, the first ${HITS}` : '');
  const status = el('p', 'soft', (hits.length ? count : 'Nothing found') + trouble);
  status.role = 'status';
  const list = el('ol');
  for (const o of hits.slice(0, HITS)) {
    const at = o.t.toLowerCase().indexOf(words);
    const end = at + words.length, where = o.w + (o.n > 1 ? ` and ${num(o.n - 1)} more` : '');
    const before = o.t.slice(Math.max(0, at - 50), at).replace(at > 50 ? /^\S*\s/ : /^/, '');
    const around = el('span', '', shown(before), el('mark', '', shown(o.t.slice(at, end))),
      shown(o.t.slice(end, end + 110)));
    const a = el('a', '', el('span', '', shown(where)), around);
    a.href = '#' + (o.g || 'i' + o.i);
    a.onclick = e => { e.preventDefault(); found.hidden = true; visit(o, words); };
    list.append(el('li', '', a));
  }
  found.replaceChildren(status, list);
  found.hidden = false;
}
// visit opens what a hit is in, to the line.
async function visit(o, words) {
  let t = go(o.g || 'i' + o.i);
  if (!t) return;
  if (o.g) place(o.g);
  if (o.q != null && o.k) {
    const box = $('.conv', t);
    await conversation(box);
    const part = box.parts.get(o.q), pre = part && part[o.k].full && part[o.k].full();
    if (pre && pre.children[o.l]) { pre.children[o.l].scrollIntoView({ block: 'center' }); t = pre; }
  } else if (o.e != null) {
    const box = $('.evs', t);
    box.open = true;
    await events(box);
    const at = () => $$('.ev', box).find(d => d.seq === o.e);
    while (!at() && await box.more());
    if (at()) {
      t = at();
      t.open = true;
      t.scrollIntoView({ block: 'center' });
      $('summary', t).focus({ preventScroll: true });
    }
  }
  setTimeout(() => highlight(t, words));
}
// highlight marks words without touching the nodes, where the browser can.
function highlight(in_, words) {
  if (!globalThis.Highlight) return;
  const ranges = [], walk = document.createTreeWalker(in_, NodeFilter.SHOW_TEXT);
  for (let n; (n = walk.nextNode()) && ranges.length < 500;) {
    const low = n.data.toLowerCase();
    if (low.length !== n.data.length) continue;
    for (let i = low.indexOf(words); i >= 0; i = low.indexOf(words, i + words.length)) {
      const r = new Range();
      r.setStart(n, i);
      r.setEnd(n, i + words.length);
      ranges.push(r);
    }
  }
  CSS.highlights.set('hit', new Highlight(...ranges));
}
let waiting;
query.addEventListener('input', () => { clearTimeout(waiting); waiting = setTimeout(search, 120); });
query.addEventListener('focus', () => { if (query.value.trim().length > 1 && found.hidden) search(); });
query.addEventListener('keydown', e => {
  if (e.key === 'Escape') { query.value = ''; search(); query.blur(); }
  if (e.key === 'ArrowDown') { const a = $('a', found); if (a) { e.preventDefault(); a.focus(); } }
});
found.addEventListener('keydown', e => {
  const list = $$('a', found), at = list.indexOf(document.activeElement);
  if (e.key === 'ArrowDown' || e.key === 'ArrowUp') {
    e.preventDefault();
    (list[at + (e.key === 'ArrowDown' ? 1 : -1)] || query).focus();
  }
  if (e.key === 'Escape') { query.focus(); found.hidden = true; }
});
document.addEventListener('click', e => { if (!e.target.closest('.bar')) found.hidden = true; });

// Settings are kept where the browser lets a file keep some.
const stored = k => { try { return localStorage.getItem('exparchive-' + k); } catch { return null; } };
const store = (k, v) => { try { localStorage.setItem('exparchive-' + k, v); } catch { } };
const themes = ['auto', 'light', 'dark'], themeButton = $('#theme');
function theme(t) {
  if (t === 'auto') delete document.documentElement.dataset.theme; else document.documentElement.dataset.theme = t;
  themeButton.textContent = 'Theme: ' + t;
  themeButton.value = t;
  store('theme', t);
}
theme(themes.includes(stored('theme')) ? stored('theme') : 'auto');
themeButton.onclick = () => theme(themes[(themes.indexOf(themeButton.value) + 1) % 3]);
const help = $('#help'), single = $('#single');
$('#helpb').onclick = () => help.showModal();
$('#closeb').onclick = () => help.close();
single.checked = stored('keys') !== 'off';
single.onchange = () => store('keys', single.checked ? 'on' : 'off');

// Keys.
const openAll = open => $$('.row').forEach(d => { d.open = open; });
$('#openall').onclick = () => { help.close(); openAll(true); };
// step moves the focus among the elements of a kind, from where it is, or else from what is in view.
function step(selector, by) {
  const list = $$(selector);
  if (!list.length) return;
  const now = document.activeElement, inside = now !== document.body && now.closest('main');
  const before = x => inside ? x !== now && x.compareDocumentPosition(now) & Node.DOCUMENT_POSITION_FOLLOWING
    : x.getBoundingClientRect().top < $('.bar').offsetHeight;
  const passed = list.filter(before).length, at = list.indexOf(now);
  const next = at >= 0 ? at + by : by > 0 ? passed : passed - 1;
  const t = list[Math.max(0, Math.min(list.length - 1, next))];
  t.focus({ preventScroll: true });
  t.scrollIntoView({ block: 'nearest' });
}
const keys = {
  '/': () => query.focus(), '?': () => help.showModal(), t: () => themeButton.click(), g: () => scrollTo(0, 0),
  j: () => step('.row>summary', 1), k: () => step('.row>summary', -1),
  J: () => step('.it>h3 a', 1), K: () => step('.it>h3 a', -1),
  o: () => { const d = document.activeElement.closest('details'); if (d) $('summary', d).click(); },
  e: () => openAll(true), c: () => openAll(false),
};
document.addEventListener('keydown', e => {
  const elsewhere = e.ctrlKey || e.metaKey || e.altKey || help.open || e.target.matches('input,select,textarea');
  if (elsewhere || !single.checked) return;
  if (Object.hasOwn(keys, e.key)) { e.preventDefault(); keys[e.key](); }
});
for (const b of $$('[data-copy]')) {
  b.hidden = !navigator.clipboard;
  b.onclick = () => navigator.clipboard.writeText(b.dataset.copy).then(() => { b.textContent = 'copied'; }, () => { });
}
addEventListener('beforeprint', () => { for (const d of $$('.check')) d.open = true; });
here();
