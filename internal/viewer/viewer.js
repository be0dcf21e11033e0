// The pages of the viewer besides that of a run. All of them work without a script.
const stored = k => { try { return localStorage.getItem('exparchive-' + k); } catch { return null; } };
const store = (k, v) => { try { localStorage.setItem('exparchive-' + k, v); } catch { } };
const themes = ['auto', 'light', 'dark'], themeButton = document.querySelector('#theme');
function theme(t) {
  if (t === 'auto') delete document.documentElement.dataset.theme; else document.documentElement.dataset.theme = t;
  themeButton.textContent = 'Theme: ' + t;
  themeButton.value = t;
  store('theme', t);
}
theme(themes.includes(stored('theme')) ? stored('theme') : 'auto');
themeButton.hidden = false;
themeButton.onclick = () => theme(themes[(themes.indexOf(themeButton.value) + 1) % 3]);

const say = words => { document.querySelector('#status').textContent = words; };
const part = in_ => in_.querySelector('[data-part]');
if (document.body.dataset.live) {
  follow(document.body.dataset.live, say, now => {
    const old = part(document), next = part(now);
    if (!old || !next || same(old, next)) return;
    const marked = new Set([...old.querySelectorAll('input:checked')].map(i => i.value)), focused = old.contains(document.activeElement) ? document.activeElement : null;
    const key = focused && (focused.href || focused.value);
    old.replaceWith(document.adoptNode(next));
    for (const i of next.querySelectorAll('input')) i.checked = marked.has(i.value);
    if (key) [...next.querySelectorAll('a,input,button')].find(e => (e.href || e.value) === key)?.focus({ preventScroll: true });
  });
}

// The search goes on by itself.
const more = document.querySelector('[data-more]'), HITS = 500;
async function searchOn() {
  const list = document.querySelector('[data-hits]');
  let box = more, link;
  while ((link = box.querySelector('a[rel=next]')) && list.children.length < HITS) {
    const now = await fetched(link.href), next = now.querySelector('[data-more]');
    list.append(...[...now.querySelectorAll('[data-hits]>li')].map(li => document.adoptNode(li)));
    box.replaceWith(document.adoptNode(next));
    box = next;
  }
  say(`${list.children.length} found.`);
}
if (more) searchOn().catch(e => say('The search stopped: ' + e.message + '.'));

// Keys of one letter, unless they are switched off on the page of a run.
document.addEventListener('keydown', e => {
  if (e.ctrlKey || e.metaKey || e.altKey || e.target.matches('input,select,textarea') || stored('keys') === 'off') return;
  const list = [...document.querySelectorAll('tbody a,[data-hits] a')], at = list.indexOf(document.activeElement);
  const keys = {
    '/': () => document.querySelector('#q')?.focus(), t: () => themeButton.click(), g: () => scrollTo(0, 0),
    j: () => list[Math.min(at + 1, list.length - 1)]?.focus(), k: () => list[Math.max(at - 1, 0)]?.focus(),
  };
  if (Object.hasOwn(keys, e.key)) { e.preventDefault(); keys[e.key](); }
});
