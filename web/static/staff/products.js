// The products of a bill: a tap adds one and asks for the price again; what is not in the list stays in the bill.

import { button, h, own } from "./dom.js";
import { count, money, t } from "./texts.js";

const MOST = 99;

function changed(items, product, by) {
  const before = items.find((one) => one.sku === product.sku)?.quantity ?? 0;
  const quantity = Math.min(MOST, Math.max(0, before + by));
  const others = items.filter((one) => one.sku !== product.sku);
  const line = { sku: product.sku, name: product.name, quantity, amount: quantity * product.price };
  return quantity ? [...others, line] : others;
}

export function products(app, change) {
  const { items = [] } = app.sale;
  if (!app.me.products?.length) return null;
  const chip = (product) => {
    const number = items.find((one) => one.sku === product.sku)?.quantity ?? 0;
    return h("li", { class: number ? "chip chosen" : "chip" },
      button({ class: "small" }, () => change(changed(items, product, 1)), own(product.name), h("span", { class: "soft" }, money(product.price)),
        number ? h("strong", {}, ` × ${count(number)}`) : null),
      number ? button({ class: "small quiet", "aria-label": t("one_less", { name: product.name }) }, () => change(changed(items, product, -1)), "−") : null);
  };
  return h("section", { class: "products", "aria-label": t("products") },
    h("h2", {}, t("products")), h("ul", {}, app.me.products.map(chip)));
}

// What the bill comes to: the amount that was typed, or its products where they come to more.
export function total(sale) {
  return Math.max(sale.amount, (sale.items ?? []).reduce((sum, one) => sum + one.amount, 0));
}
