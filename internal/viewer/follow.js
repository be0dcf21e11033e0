// Following what changes: the server says that something has changed, the page fetches itself and takes over the parts
// that differ. The nodes come from a document that the browser has read and in which no script runs.
function fetched(address) {
  return new Promise((resolve, reject) => {
    const x = new XMLHttpRequest();
    x.open('GET', address);
    x.responseType = 'document';
    x.onload = () => x.status === 200 && x.response ? resolve(x.response) : reject(Error('the viewer answers ' + x.status));
    x.onerror = () => reject(Error('the viewer does not answer'));
    x.send();
  });
}
// follow calls take with the page as it is now each time that it has changed. A page that nobody looks at does not listen:
// browsers keep few connections to a server open.
function follow(path, say, take) {
  let source = null, busy = false, again = false, ended = false, since = null;
  const refresh = async () => {
    if (busy) { again = true; return; }
    busy = true;
    try { take(await fetched(location.href.replace(/#.*/s, ''))); } catch (e) { say('Not up to date: ' + e.message + '.'); }
    setTimeout(() => { busy = false; if (again) { again = false; refresh(); } }, 1000);
  };
  const listen = () => {
    if (ended || source || document.hidden) return;
    source = new EventSource(since == null ? path : path.replace(/since=[^&]*/, 'since=' + since));
    source.onopen = () => say('Follows what is recorded.');
    source.addEventListener('change', e => { since = e.data; refresh(); });
    source.addEventListener('end', () => { ended = true; source.close(); say('The viewer has ended; this page stays as it is.'); });
    source.onerror = () => { if (!ended) say('The viewer does not answer; trying again.'); };
  };
  document.addEventListener('visibilitychange', () => {
    if (document.hidden && source) { source.close(); source = null; } else listen();
  });
  listen();
  return () => { ended = true; if (source) source.close(); };
}
// same reports whether two nodes look alike.
const same = (a, b) => a && b && a.isEqualNode(b);
