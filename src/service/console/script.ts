/**
 * The console's only script. Every page works without it. It copies texts, shows times in the reader's zone,
 * keeps a form from being sent twice, and removes a secret from a page that is left, so that the back button
 * shows none: after the secret was saved, the page's place in the history is that of the key. So is that of a
 * page that says where a secret was delivered.
 */
export const SCRIPT = `
const root = document.documentElement;
root.classList.add('js');
const live = document.getElementById('live');
const say = (text) => { live.textContent = ''; setTimeout(() => { live.textContent = text; }, 50); };
const result = document.querySelector('[data-address]');
if (result) history.replaceState(null, '', result.dataset.address);
for (const time of document.querySelectorAll('time')) {
  time.title = new Date(time.dateTime).toLocaleString(undefined, { dateStyle: 'full', timeStyle: 'long' });
}
document.addEventListener('click', async (event) => {
  const button = event.target.closest('[data-copy]');
  if (!button) return;
  const from = document.getElementById(button.dataset.copy) ?? button.previousElementSibling;
  const label = button.dataset.label ??= button.textContent;
  try {
    await navigator.clipboard.writeText(from.textContent);
    button.textContent = 'Copied';
    say('Copied to the clipboard');
  } catch {
    getSelection().selectAllChildren(from);
    button.textContent = 'Press Ctrl+C';
    say('The text is selected. Press Control and C to copy it.');
  }
  setTimeout(() => { button.textContent = label; }, 2000);
});
document.addEventListener('submit', (event) => {
  const form = event.target;
  if (form.method !== 'post') return;
  if (form.dataset.sent) return event.preventDefault();
  form.dataset.sent = 'yes';
  if (form.dataset.left) history.replaceState(null, '', form.dataset.left);
  const button = event.submitter ?? form.querySelector('button');
  button.setAttribute('aria-busy', 'true');
  say('Please wait');
});
const typed = document.querySelector('[data-expected]');
if (typed) {
  const button = typed.form.querySelector('button');
  const check = () => { button.setAttribute('aria-disabled', String(typed.value.normalize().replace(/\\s+/g, ' ').trim() !== typed.dataset.expected)); };
  typed.addEventListener('input', check);
  check();
}
addEventListener('pagehide', () => { for (const each of document.querySelectorAll('[data-secret]')) each.textContent = ''; });
addEventListener('pageshow', (event) => {
  if (!event.persisted) return;
  for (const form of document.forms) { delete form.dataset.sent; form.querySelector('[aria-busy]')?.removeAttribute('aria-busy'); }
  if (document.querySelector('[data-secret]')) location.replace(document.querySelector('nav a').href);
});
`;
