// What must outlive a reload: the sale at hand and the earnings noted without a line. IndexedDB, or memory where it is shut.

const NAME = "memberbot-staff";
const memory = new Map();
let opened;

function open() {
  opened ??= new Promise((settle) => {
    let asked;
    try { asked = indexedDB.open(NAME, 1); } catch { settle(null); return; }
    asked.onupgradeneeded = () => {
      asked.result.createObjectStore("state");
      asked.result.createObjectStore("queue");
    };
    asked.onsuccess = () => settle(asked.result);
    asked.onerror = () => settle(null);
  });
  return opened;
}

async function run(store, mode, act) {
  const base = await open();
  if (!base) return undefined;
  return new Promise((settle) => {
    const work = base.transaction(store, mode);
    const asked = act(work.objectStore(store));
    work.oncomplete = () => settle(asked.result);
    work.onabort = () => settle(undefined);  // a full disk must not stop a sale: memory still holds it
  });
}

export async function put(store, key, value) {
  memory.set(`${store}/${key}`, value);
  await run(store, "readwrite", (rows) => rows.put(value, key));
}

export async function get(store, key) {
  return (await run(store, "readonly", (rows) => rows.get(key))) ?? memory.get(`${store}/${key}`);
}

export async function drop(store, key) {
  memory.delete(`${store}/${key}`);
  await run(store, "readwrite", (rows) => rows.delete(key));
}

export async function all(store) {
  const rows = await run(store, "readonly", (found) => found.getAll());
  return rows ?? [...memory].filter(([key]) => key.startsWith(`${store}/`)).map(([, value]) => value);
}
