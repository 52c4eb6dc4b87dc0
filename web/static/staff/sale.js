// One sale from the code to the receipt. It is kept after every step, so that a reload finds it where it was.

import * as kept from "./kept.js";
import { total } from "./products.js";
import { Refused, deed, get, isAnswer, newKey, post } from "./net.js";

export const CODE_MAX = 200;
export const SIGNED_OUT = 401;
// On its way, so that nobody but the shop knows how it stands.
export const BUSY = new Set(["sending", "waiting"]);
// The shop may have it although nobody here knows: its answer was lost, or another tab sent it.
export const isUnsure = (sale) => sale.step !== "sending" && Boolean(sale.unsure);
// What nobody may lose sight of, whoever is signed in.
export const isOpen = (sale) => BUSY.has(sale.step) || isUnsure(sale);
// The same price was sent before with something else, by another tab: it may be recorded, so its key is kept.
export const REUSED = "id_reused";

export function begin(seen, code, staff_id) {
  const usable = seen.coupons ?? [];
  return {
    step: "amount", code, staff_id, seen, coupons: usable, amount: 0, points: 0, stored: 0, items: [], receipt_no: "", quote: null, key: "",
    // what the shop proposes, until the cashier ticks something; a coupon that was itself shown is meant
    chosen: seen.coupon_id ? [seen.coupon_id] : null,
    // every coupon that stood on this bill, whether or not it still does
    billed: seen.coupon_id ? [seen.coupon_id] : [],
  };
}

// What a sale takes over from the one before it when its member's code is read again: the amount, and the key of a bill
// that may be recorded. Whoever means a second bill goes back to the start first, which puts the sale away.
export function carried({ amount, receipt_no, key, unsure }) {
  return { amount, receipt_no, ...(unsure ? { key, unsure } : {}) };
}

// Goods or a visit used the code up: what is left of this sale earns, and spends nothing until a fresh code is read.
export async function spent(sale) {
  Object.assign(sale, { step: "amount", chosen: null, ticked: [], billed: [], points: 0, stored: 0, code_spent: true });
  sale.seen.scan_id = null;
  await keep(sale);
}

// A sale stays with whoever began it: each member of staff has one at hand on a device.
const place = (staff_id) => `sale:${staff_id}`;

export function keep(sale) { return kept.put("state", place(sale.staff_id), sale); }

export function putAway({ staff_id }) { return kept.drop("state", place(staff_id)); }

export function found(staff_id) { return kept.get("state", place(staff_id)); }

// Nothing of a member stays on a device nobody is signed in on, but what is on its way or may be recorded.
export async function forget() {
  for (const sale of await kept.all("state")) if (!isOpen(sale)) await putAway(sale);
}

export async function scan(code, how) {
  return post("scans", { code: code.slice(0, CODE_MAX) }, how);
}

function bill(sale) {
  const who = sale.seen.scan_id ? { scan_id: sale.seen.scan_id } : { member_id: sale.seen.member.id };
  const chosen = sale.chosen ? { coupon_ids: sale.chosen } : {};
  const spent = { ...(sale.points ? { points: sale.points } : {}), ...(sale.stored ? { stored: sale.stored } : {}) };
  const listed = sale.items?.length ? { items: sale.items } : {};
  return { ...who, amount: total(sale), ...chosen, ...spent, ...listed };
}

// Asks for the price of the bill as it stands now; the ticks follow what the price counted.
export async function price(sale, how) {
  const quote = await post("quotes", bill(sale), how);
  sale.quote = quote;
  if (quote.coupons) sale.coupons = quote.coupons;
  sale.ticked = quote.coupons ? quote.coupons.filter((one) => one.chosen).map((one) => one.id) : sale.chosen ?? [];
  sale.billed = [...new Set([...(sale.billed ?? []), ...sale.ticked])];
  // the key belongs to the price: the same price confirmed in two tabs is one purchase; of a bill that may be recorded
  // already it stays the key, whatever is changed, until the sale is put away
  Object.assign(sale, { step: "quote", key: sale.unsure ? sale.key : newKey() });
  await keep(sale);
}

// Records what was quoted, under one key until it is answered. Throws Refused, after which nothing was recorded, unless
// the sale is unsure. Who was signed out sends it again when they are back.
export async function record(sale) {
  if (sale.step !== "sending") {
    const receipt = sale.receipt_no ? { receipt_no: sale.receipt_no } : {};
    Object.assign(sale, { step: "sending", key: sale.key || newKey(), body: { ...bill(sale), coupon_ids: sale.ticked, ...receipt } });
    await keep(sale);
  }
  try {
    const { status, body } = await deed("purchases", sale.body, { key: sale.key });
    sale.unsure = false;
    if (status === 202) await waitFor(sale, body);
    else await recorded(sale, body);
  } catch (error) {
    if (error instanceof Refused && error.status !== SIGNED_OUT) {
      sale.unsure = error.code === REUSED || !isAnswer(error);
      await backToQuote(sale, sale.unsure ? sale.key : nextKey(sale.key));
    }
    throw error;
  }
}

async function waitFor(sale, waiting) {
  Object.assign(sale, { step: "waiting", waiting });
  await keep(sale);
}

export async function recorded(sale, purchase) {
  Object.assign(sale, { step: "done", purchase, done_at: Date.now() });
  await keep(sale);
}

// Two tabs that are refused one after the other take the same keys in the same order, so that one of them records it.
function nextKey(key) {
  const [price, number = "1"] = key.split(".");
  return `${price}.${Number(number) + 1}`;
}

export async function backToQuote(sale, key = nextKey(sale.key)) {
  Object.assign(sale, { step: "quote", key, waiting: null });
  await keep(sale);
}

// Asks how it stands with the member's yes; the answer's state tells.
export function ask(sale) { return get(`reservations/${sale.waiting.reservation_id}`, { tries: 1 }); }

export async function withdraw(sale) {
  return post(`reservations/${sale.waiting.reservation_id}`, undefined, { method: "DELETE" });
}

export async function agreeByPin(sale, pin, key) {
  return post(`reservations/${sale.waiting.reservation_id}/pin`, { pin }, { key });
}
