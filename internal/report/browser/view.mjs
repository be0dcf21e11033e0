// Looks at the pages of a running viewer in Chromium and reports what is wrong with them, a line each; the exit code is
// 1 then.
//
//   node view.mjs CHROMIUM PLAN.json [SHOTS]
//
// The plan has the addresses of viewers; see browser_test.go of package viewer. Screenshots go into the folder SHOTS.
import { readFileSync, writeFileSync } from 'node:fs';
import { start } from './browser.mjs';

const [executablePath, planFile, shots] = process.argv.slice(2);
const plan = JSON.parse(readFileSync(planFile, 'utf8'));
const { Look, fault, end } = await start(executablePath, shots);
const [onlyPart, onlyPage] = (plan.only || '').split('/'); // such as pages/list

// pages: every page at two widths, one of them dark; for somebody who looks, at three widths, light and dark.
async function pages() {
  const all = [360, 800, 1440].flatMap(width => [[width, 'light'], [width, 'dark']]);
  const judged = (width, scheme) => width === 360 && scheme === 'light' || width === 1440 && scheme === 'dark';
  for (const { name, url, refused } of plan.pages) {
    if (onlyPage && onlyPage !== name) continue;
    for (const [width, colorScheme] of shots ? all : all.filter(x => judged(...x))) {
      const look = new Look(`${name} ${width} ${colorScheme}`);
      await look.open(url, { viewport: { width, height: 900 }, colorScheme, refused });
      await look.overflow('the page');
      if (judged(width, colorScheme)) await look.axe('the page');
      await look.shot('');
      if (judged(width, colorScheme) && width > 360) await look.tabs();
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
  const sections = await page.$$eval('.row[open] .conv section', l => l.length);
  look.want(sections >= 4, 'the conversation is not shown');
  await look.tabs();
  await look.axe('with a conversation');
  await look.shot('open');
  await page.click('.etype summary');
  await page.waitForSelector('.etype[open] .ev');
  for (const [kind, words] of Object.entries(plan.finds)) {
    await page.fill('#q', '');
    await page.fill('#q', words);
    const hit = `#found:not([hidden]) li:has(span:text("${kind}")):has(mark:text("${words}")) a`;
    try {
      await page.click(hit);
      await page.waitForFunction(words => [...document.querySelectorAll('.l,.ev,.ev pre')].some(e => {
        const r = e.getBoundingClientRect();
        return e.textContent.toLowerCase().includes(words.toLowerCase()) && r.bottom > 0 && r.top < innerHeight;
      }), words);
    } catch (e) {
      const found = (await page.innerText('#found')).slice(0, 200);
      look.fault(`${words} of the ${kind} is not brought into view: ${e.message.split('\n')[0]}: ${found}`);
      await look.shot('not found');
    }
  }
  await page.fill('#q', 'no such words');
  // Until it is looked for, the link of what was looked for before is still there.
  await page.click('#found a[href="search?q=no%20such%20words"]');
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
  look.want((await page.textContent('.row[open] .conv')).includes('prompt of 110'), 'the prompt is not shown');
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
  const before = await iterations(), drawn = await page.$$eval('figure[data-p=t] svg .dot', l => l.length);
  writeFileSync(plan.more, '');
  await page.waitForFunction(n => document.querySelectorAll('.it').length >= n, before + 2);
  look.want(await page.$('.row[open][data-mine]') !== null, 'what was open was closed or replaced');
  await page.waitForFunction(n => document.querySelectorAll('figure[data-p=t] svg .dot').length > n, drawn);
  await look.axe('grown');
  await look.shot('grown');
  writeFileSync(plan.seal, '');
  await page.waitForFunction(() => document.querySelector('#following').textContent.startsWith('The run has ended'));
  await page.reload();
  const following = await page.$('#following');
  look.want(!(await following?.textContent())?.includes('recorded'), 'the sealed run is followed');
  look.want((await page.textContent('#provenance')).includes('sealed'), 'the run is not said to be sealed');
  await look.close();
}

// harmless: nothing that was recorded acts on any page.
async function harmless() {
  for (const url of plan.hostile) {
    const look = await new Look('hostile ' + url.replace(/.*\/run\/[^/]*\//, '')).open(url);
    const page = look.page;
    await page.evaluate(() => document.querySelectorAll('details').forEach(d => { d.open = true; }));
    await page.waitForTimeout(100);
    look.want(await page.evaluate(() => window.broken === undefined &&
      document.querySelectorAll('[onerror],[onload],[onmouseover],iframe,object,base').length === 0),
    'what was recorded acts on the page');
    const bad = await page.evaluate(() => [...document.querySelectorAll('a[href],form')].map(a => a.href || a.action)
      .filter(h => !h.startsWith(location.origin + '/')));
    look.want(!bad.length, 'links lead to ' + bad.slice(0, 3).join());
    await look.overflow('the page');
    await look.close();
  }
}

// foreign: a page of another origin neither sees nor frames the viewer.
async function foreign() {
  const look = new Look('foreign');
  const page = await look.window();
  await page.goto(plan.foreign);
  const seen = await page.evaluate(async url => {
    const out = [];
    for (const mode of ['cors', 'no-cors']) {
      try {
        const r = await fetch(url, { mode });
        out.push(`${mode}: ${r.type} ${r.status} ${(await r.text()).length}`);
      } catch { out.push(`${mode}: refused`); }
    }
    const image = new Image();
    out.push('image: ' + await new Promise(resolve => {
      image.onload = () => resolve('loaded');
      image.onerror = () => resolve('refused');
      image.src = url + 'compare.svg';
    }));
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
  try { await what(); } catch (e) { fault(`${what.name}: ${e.message}`); }
}
await end();
