// Looks at the pages of a running viewer in Chromium and reports what is wrong with them, a line each; the exit code is 1
// then.
//
//   node view.mjs CHROMIUM PLAN.json [SHOTS]
//
// The plan has the addresses of viewers; see browser_test.go of package viewer. Screenshots go into the folder SHOTS.
import { readFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { chromium } from 'playwright-core';

const [executablePath, planFile, shots] = process.argv.slice(2);
const plan = JSON.parse(readFileSync(planFile, 'utf8'));
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const browser = await chromium.launch({
  executablePath,
  args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
    '--disable-background-networking', '--disable-component-update', '--disable-sync'],
});
let faults = 0;
const [onlyPart, onlyPage] = (plan.only || '').split('/'); // such as pages/list
if (shots) mkdirSync(shots, { recursive: true });

// A look is one page in a window of its own. Whatever it says, asks for elsewhere or opens is a fault.
class Look {
  constructor(name) { this.name = name; }
  fault(what) { faults++; console.log(`${this.name}: ${what}`); }
  want(ok, what) { if (!ok) this.fault(what); }
  async open(url, options = {}) {
    this.context = await browser.newContext({ viewport: { width: 1440, height: 900 }, ...options });
    this.context.setDefaultTimeout(60_000);
    this.page = await this.context.newPage();
    this.page.on('console', m => {
      const expected = options.refused && /status of 4\d\d/.test(m.text()); // which the browser says of each such page
      if ((m.type() === 'error' || m.type() === 'warning') && !expected) this.fault('console: ' + m.text());
    });
    this.page.on('pageerror', e => this.fault('error: ' + e.message));
    this.page.on('dialog', d => { this.fault('dialog: ' + d.message()); d.dismiss(); });
    this.page.on('request', r => {
      if (!r.url().startsWith('data:') && !r.url().startsWith(new URL(url).origin + '/')) this.fault('request: ' + r.url());
    });
    this.context.on('page', () => this.fault('a window was opened'));
    await this.page.goto(url);
    return this;
  }
  close() { return this.context.close(); }
  settled() { return this.page.waitForFunction(() => !document.querySelector('.row[open] .conv:empty,[aria-busy]')); }
  async shot(what) {
    if (shots) await this.page.screenshot({ path: join(shots, `${this.name} ${what}.png`.replaceAll('/', '_')) });
  }
  async axe(what) {
    const found = await this.page.evaluate(axe + ';axe.run()');
    for (const v of found.violations) this.fault(`axe, ${what}: ${v.impact}: ${v.id}: ${v.help}: ${v.nodes.slice(0, 3).map(n => n.target.join(' ')).join('; ')}`);
  }
  async overflow(what) {
    const [body, all, over] = await this.page.evaluate(() => {
      const body = document.body.clientWidth;
      const over = [...document.querySelectorAll('body *')].filter(e => e.getBoundingClientRect().right > body + 1);
      return [body, document.body.scrollWidth, over.slice(0, 3).map(e => e.outerHTML.slice(0, 100)).join(' ')];
    });
    this.want(all <= body, `${what}: the page is ${all} wide in a window of ${body}: ${over}`);
  }
  // tabs reports a control that Tab does not reach.
  async tabs() {
    const all = await this.page.evaluate(() => {
      const list = [...document.querySelectorAll('a[href],button,input:not([type=hidden]),select,summary')].filter(e => e.checkVisibility());
      list.forEach((e, i) => { e.tabNumber = i; });
      return list.length;
    });
    const seen = new Set();
    for (let i = 0; i <= all; i++) {
      await this.page.keyboard.press('Tab');
      const n = await this.page.evaluate(() => document.activeElement.tabNumber);
      if (n != null) seen.add(n);
    }
    this.want(seen.size === all, `Tab reaches ${seen.size} of ${all} controls`);
  }
}

// pages: every page at two widths, one of them dark; for somebody who looks, at three widths, light and dark.
async function pages() {
  const all = [360, 800, 1440].flatMap(width => [[width, 'light'], [width, 'dark']]);
  const judged = (width, scheme) => width === 360 && scheme === 'light' || width === 1440 && scheme === 'dark';
  for (const { name, url, refused } of plan.pages) {
    if (onlyPage && onlyPage !== name) continue;
    for (const [width, colorScheme] of shots ? all : all.filter(x => judged(...x))) {
      const look = await new Look(`${name} ${width} ${colorScheme}`).open(url, { viewport: { width, height: 900 }, colorScheme, refused });
      await look.overflow('the page');
      if (judged(width, colorScheme)) await look.axe('the page');
      await look.shot('');
      await look.close();
    }
    const still = await new Look(name + ' without script').open(url, { javaScriptEnabled: false, refused });
    still.want((await still.page.innerText('main')).length > 20, 'nothing is shown');
    await still.close();
  }
}

// list: sorted, filtered and compared by keys alone.
async function list() {
  const look = await new Look('list').open(plan.list), page = look.page;
  await look.tabs();
  const names = () => page.$$eval('tbody tr td:nth-child(2) a', l => l.map(a => a.textContent));
  const all = await names();
  await page.click('th a:text-is("run")');
  look.want(JSON.stringify(await names()) === JSON.stringify([...all].sort()), 'sorted by run: ' + await names());
  look.want(await page.$('th[aria-sort=ascending]') !== null, 'no column says that it is sorted by');
  await page.keyboard.press('/');
  await page.keyboard.type('exp3');
  await page.keyboard.press('Enter');
  await page.waitForURL(/q=exp3/);
  look.want((await names()).length === 1, 'filtered by exp3: ' + await names());
  await page.fill('#q', '');
  await page.keyboard.press('Enter');
  await page.waitForURL(/q=(&|$)/);
  for (const name of plan.compare) {
    await page.focus(`tr:has(bdi:text-is("${name}")) input`);
    await page.keyboard.press('Space');
  }
  await page.focus('button:text-is("Compare the two that are marked")');
  await page.keyboard.press('Enter');
  await page.waitForSelector('h1:has-text("and")');
  look.want(await page.$$eval('h1 a', l => l.length) === 2, 'two runs are not compared');
  look.want(await page.$eval('img.chart', i => i.complete && i.naturalWidth > 100), 'the chart is not drawn');
  look.want(await page.$$eval('.differences tbody tr', l => l.length) > 0, 'no difference is listed');
  await look.close();
}

// run: what is fetched on demand.
async function run() {
  const look = await new Look('run').open(plan.run), page = look.page;
  await page.keyboard.press('j');
  await page.keyboard.press('Enter');
  await look.settled();
  look.want(await page.evaluate(() => document.querySelectorAll('.row[open] .conv section').length) >= 4, 'the conversation is not shown');
  await look.axe('with a conversation');
  await look.shot('open');
  await page.click('.etype summary');
  await page.waitForSelector('.etype[open] .ev');
  for (const [kind, words] of Object.entries(plan.finds)) {
    await page.fill('#q', '');
    await page.fill('#q', words);
    const hit = `#found:not([hidden]) li:has(span:text("${kind}")):has(mark:text("${words}")) a`;
    try {
      await page.click(hit, { timeout: 20_000 });
      await page.waitForFunction(words => [...document.querySelectorAll('.l,.ev,.ev pre')].some(e => {
        const r = e.getBoundingClientRect();
        return e.textContent.toLowerCase().includes(words.toLowerCase()) && r.bottom > 0 && r.top < innerHeight;
      }), words, { timeout: 20_000 });
    } catch (e) {
      look.fault(`${words} of the ${kind} is not brought into view: ${e.message.split('\n')[0]}: ${(await page.innerText('#found')).slice(0, 200)}`);
      await look.shot('not found');
    }
  }
  await page.fill('#q', 'no such words');
  await page.waitForSelector('#found a[href^="search"]');
  await page.click('#found a[href^="search"]');
  await page.waitForSelector('h1:has-text("no such words")');
  await page.goBack();
  const [d] = await Promise.all([page.waitForEvent('download'), page.click('#attachments a[download]')]);
  look.want(readFileSync(await d.path(), 'utf8') === plan.attached, 'the attachment is another one');
  await look.close();
}

// far: the address of an iteration that is on another page leads there.
async function far() {
  const look = await new Look('far').open(plan.large + '#i110/A'), page = look.page;
  await page.waitForURL(/it=110/);
  await page.waitForFunction(() => document.getElementById('i110/A')?.open);
  await look.settled();
  look.want(await page.evaluate(() => document.querySelector('.row[open] .conv').textContent.includes('prompt of 110')), 'the prompt is not shown');
  await page.click('#pages a:text-is("First")');
  await page.waitForSelector('#i0');
  await page.goto(plan.large + 'search?q=prompt');
  await page.waitForFunction(() => document.querySelectorAll('[data-hits]>li').length === 120);
  await look.close();
}

// live: a page follows a run that is recorded; what is open stays open.
async function live() {
  const look = await new Look('live').open(plan.live), page = look.page;
  await page.waitForFunction(() => document.querySelector('#following').textContent.startsWith('Follows'));
  await page.click('.row summary');
  await look.settled();
  await page.evaluate(() => { document.querySelector('.row[open]').dataset.mine = 'yes'; });
  const iterations = () => page.$$eval('.it', l => l.length);
  const before = await iterations(), drawn = await page.$eval('figure[data-p=t] svg', s => s.querySelectorAll('.dot').length);
  writeFileSync(plan.more, '');
  await page.waitForFunction(n => document.querySelectorAll('.it').length >= n, before + 2);
  look.want(await page.$('.row[open][data-mine]') !== null, 'what was open was closed or replaced');
  await page.waitForFunction(n => document.querySelectorAll('figure[data-p=t] svg .dot').length > n, drawn);
  await look.axe('grown');
  await look.shot('grown');
  writeFileSync(plan.seal, '');
  await page.waitForFunction(() => document.querySelector('#following').textContent.startsWith('The run has ended'));
  await page.reload();
  look.want(await page.$('#following') === null || !(await page.textContent('#following')).includes('recorded'), 'the sealed run is followed');
  look.want((await page.textContent('#provenance')).includes('sealed'), 'the run is not said to be sealed');
  await look.close();
}

// harmless: nothing that was recorded acts on any page.
async function harmless() {
  for (const url of plan.hostile) {
    const look = await new Look('hostile ' + url.replace(/.*\/run\/[^/]*\//, '')).open(url), page = look.page;
    await page.evaluate(() => document.querySelectorAll('details').forEach(d => { d.open = true; }));
    await page.waitForTimeout(100);
    look.want(await page.evaluate(() => window.broken === undefined && document.querySelectorAll('[onerror],[onload],[onmouseover],iframe,object,base').length === 0), 'what was recorded acts on the page');
    const bad = await page.evaluate(() => [...document.querySelectorAll('a[href],form')].map(a => a.href || a.action).filter(h => !h.startsWith(location.origin + '/')));
    look.want(!bad.length, 'links lead to ' + bad.slice(0, 3).join());
    await look.overflow('the page');
    await look.close();
  }
}

// foreign: a page of another origin neither sees nor frames the viewer.
async function foreign() {
  const look = new Look('foreign');
  look.context = await browser.newContext();
  const page = await look.context.newPage();
  await page.goto(plan.foreign);
  const seen = await page.evaluate(async url => {
    const out = [];
    for (const mode of ['cors', 'no-cors']) {
      try { const r = await fetch(url, { mode }); out.push(`${mode}: ${r.type} ${r.status} ${(await r.text()).length}`); } catch (e) { out.push(`${mode}: refused`); }
    }
    const image = new Image();
    out.push('image: ' + await new Promise(resolve => { image.onload = () => resolve('loaded'); image.onerror = () => resolve('refused'); image.src = url + 'compare.svg'; }));
    const frame = document.createElement('iframe');
    frame.src = url;
    document.body.append(frame);
    await new Promise(resolve => { frame.onload = resolve; setTimeout(resolve, 2000); });
    try { out.push('frame: ' + (frame.contentDocument ? 'open' : 'closed')); } catch { out.push('frame: closed'); }
    return out.join('; ');
  }, plan.list);
  look.want(seen === 'cors: refused; no-cors: refused; image: refused; frame: closed', seen);
  await look.close();
}

for (const what of [pages, list, run, far, live, harmless, foreign]) {
  if (onlyPart && onlyPart !== what.name) continue;
  try { await what(); } catch (e) { faults++; console.log(`${what.name}: ${e.message}`); }
}
await browser.close();
process.exit(faults ? 1 : 0);
