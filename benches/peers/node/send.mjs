// Sends events with npm's inngest: node send.mjs URL MODE EVENTS RUN
import { Inngest } from "inngest";

const [url, mode, count, run] = process.argv.slice(2);
const events = Number(count);
const client = new Inngest({ id: "bench", baseUrl: url, eventKey: "bench", isDev: false });

const event = (n) => {
  const cart_id = `c${run.padStart(6, "0")}${String(n).padStart(7, "0")}`;
  return {
    name: "storefront/cart.checkout.completed",
    id: `cart-checkout-completed-${cart_id}`,
    data: {
      cart_id,
      item_ids: ["9f08sdh84", "2k19dkw03", "7c53pqm11"],
      account: { id: "a-7", email: "ada@example.com" },
    },
  };
};

await client.send(event(9999999));
const cpu = () => {
  const { user, system } = process.cpuUsage();
  return user + system;
};
const startup = cpu();
const began = process.hrtime.bigint();
if (mode === "one") {
  for (let n = 0; n < events; n++) await client.send(event(n));
} else if (mode === "many") {
  const sender = async (first) => {
    for (let n = first; n < events; n += 64) await client.send(event(n));
  };
  await Promise.all(Array.from({ length: 64 }, (_, first) => sender(first)));
} else {
  for (let first = 0; first < events; first += 1000) {
    const all = [];
    for (let n = first; n < Math.min(first + 1000, events); n++) all.push(event(n));
    await client.send(all);
  }
}
console.log(JSON.stringify({
  startup_us: startup,
  cpu_us: (cpu() - startup) / events,
  wall_us: Number(process.hrtime.bigint() - began) / 1000 / events,
  peak_kb: process.resourceUsage().maxRSS,
}));
