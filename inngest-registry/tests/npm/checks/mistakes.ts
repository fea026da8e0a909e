// Handlers with mistakes: exactly the lines after `@ts-expect-error` must not compile.
import { Inngest } from "inngest";
import * as events from "./events.js";

const inngest = new Inngest({ id: "mistakes" });

export const functions = [
  inngest.createFunction({ id: "enums", triggers: [events.enumsAll] }, async ({ event }) => {
    const { data } = event;
    // @ts-expect-error: no such field
    data.nummer;
    // @ts-expect-error: not a string
    data.number.length;
    // @ts-expect-error: no such variant
    data.plain === "IN_STORE";
    // @ts-expect-error: only the variant `card` has it
    data.internal.lastFour;
    // @ts-expect-error: the Rust name, which is not sent
    if (data.internal.kind === "card") data.internal.last_four;
    // @ts-expect-error: may be null
    data.nested.newtype;
    // @ts-expect-error: only some of the variants have content
    data.adjacent.c;
  }),

  inngest.createFunction({ id: "maps", triggers: [events.containersMaps] }, async ({ event }) => {
    // @ts-expect-error: may be absent
    event.data.by_number[5].length;
    // @ts-expect-error: the pair has two items
    event.data.by_text["a"]?.[2];
  }),

  inngest.createFunction(
    { id: "options", triggers: [events.containersOptions] },
    async ({ event: { data } }) => {
      // @ts-expect-error: may be null
      data.nullable.length;
      // @ts-expect-error: may be absent
      data.list.length;
      // @ts-expect-error: is not sent
      data._never_sent;
    },
  ),

  inngest.createFunction({ id: "any", triggers: [events.containersByHand] }, async ({ event }) => {
    // @ts-expect-error: its type is unknown
    event.data.any.field;
  }),

  inngest.createFunction({ id: "empty", triggers: [events.delete_] }, async ({ event }) => {
    // @ts-expect-error: has no fields
    event.data.field;
  }),

  inngest.createFunction({ id: "latest", triggers: [events.orderPlaced] }, async ({ event }) => {
    // @ts-expect-error: null in the latest version
    event.data.address.street;
  }),

  inngest.createFunction(
    { id: "older", triggers: [events.orderPlaced_2026_11_21_9] },
    async ({ event }) => {
      // @ts-expect-error: added in a later version
      event.data.address.zip;
    },
  ),

  inngest.createFunction({ id: "send", triggers: [events.delete_] }, async () => {
    // @ts-expect-error: no such field
    events.oddSameName.create({ c: 1, d: 2 });
    // @ts-expect-error: a field is missing
    events.oddSameName.create({});
  }),
];
