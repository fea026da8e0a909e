// Functions for the odd events that expect exactly one type for each property.
import { Inngest } from "inngest";
import * as events from "./events.js";

const inngest = new Inngest({ id: "checks" });

type Same<A, B> =
  (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

/** Compiles when the value's type is `A` and neither wider nor narrower, nor `any`. */
function exactly<A>() {
  return <B>(_value: B, ..._same: Same<A, B> extends true ? [] : ["another type"]): void => {};
}

export const functions = [
  inngest.createFunction({ id: "enums", triggers: [events.enumsAll] }, async ({ event }) => {
    const { data } = event;
    exactly<number>()(data.number);
    exactly<"IN_STOCK" | "SOLD_OUT">()(data.plain);
    exactly<"Bare" | "it's \"quoted\" \\ */">()(data.documented);

    // Externally tagged.
    const { external } = data;
    if (typeof external === "string") {
      exactly<"unit" | "another_unit">()(external);
    } else if ("newtype" in external) {
      exactly<number>()(external.newtype);
    } else if ("tuple" in external) {
      exactly<[number, string]>()(external.tuple);
    } else if ("struct" in external) {
      exactly<string | null>()(external.struct.note);
      exactly<number>()(external.struct.shelf_number);
    } else {
      exactly<events.External>()(external["with-dash"]);
    }
    exactly<events.External | null>()(data.nested);

    // Internally tagged.
    const { internal } = data;
    switch (internal.kind) {
      case "free":
        exactly<{ kind: "free" }>()(internal);
        break;
      case "card":
        exactly<string>()(internal.lastFour);
        break;
      case "bank-transfer":
        exactly<string>()(internal.iban);
        exactly<string | null | undefined>()(internal.bic);
        break;
      default:
        exactly<never>()(internal);
    }

    // Adjacently tagged.
    const { adjacent } = data;
    switch (adjacent.t) {
      case "Unit":
        break;
      case "Newtype":
        exactly<events.Bank>()(adjacent.c);
        break;
      case "Tuple":
        exactly<[boolean, number]>()(adjacent.c);
        break;
      case "Struct":
        exactly<number>()(adjacent.c.a);
        break;
      default:
        exactly<never>()(adjacent);
    }

    // Untagged.
    const { untagged } = data;
    if (Array.isArray(untagged)) {
      exactly<events.Untagged[]>()(untagged);
    } else if (typeof untagged === "object" && untagged !== null) {
      exactly<number>()(untagged.x);
    } else {
      exactly<number | string | null>()(untagged);
    }
  }),

  inngest.createFunction(
    { id: "flattened", triggers: [events.enumsFlattened, events.enumsOnlyFlattened] },
    async ({ event }) => {
      if (event.name === "odd/enums.only_flattened") {
        exactly<"free" | "card" | "bank-transfer">()(event.data.kind);
      } else if (event.name === "odd/enums.flattened") {
        const { data } = event;
        exactly<string>()(data.id);
        exactly<string>()(data.iban);
        if ("byWeight" in data) {
          exactly<number>()(data.byWeight.grams);
        } else if ("byCount" in data) {
          exactly<number>()(data.byCount);
        } else {
          exactly<null>()(data.unknown);
        }
        if (data.kind === "card") {
          exactly<string>()(data.lastFour);
        }
      }
    },
  ),

  inngest.createFunction(
    { id: "flattened-option", triggers: [events.enumsFlattenedOption] },
    async ({ event: { data } }) => {
      exactly<string>()(data.id);
      exactly<number | undefined>()(data["more"]);
    },
  ),

  inngest.createFunction({ id: "keys", triggers: [events.enumsKeys] }, async ({ event }) => {
    exactly<number | undefined>()(event.data.plain.IN_STOCK);
    exactly<number | undefined>()(event.data.documented["Bare"]);
  }),

  inngest.createFunction({ id: "maps", triggers: [events.containersMaps] }, async ({ event }) => {
    const { data } = event;
    exactly<events.Point | undefined>()(data.by_text["a"]);
    exactly<string | undefined>()(data.by_number[5]);
    exactly<number[] | undefined>()(data.by_signed["-5"]);
    exactly<boolean | null | undefined>()(data.nested["a"]?.["b"]);
    for (const [key, point] of Object.entries(data.by_text)) {
      exactly<string>()(key);
      exactly<[number, number]>()(point);
    }
  }),

  inngest.createFunction(
    { id: "open", triggers: [events.containersOpen, events.containersOpenToAll] },
    async ({ event }) => {
      if (event.name === "odd/containers.open") {
        exactly<string>()(event.data.id);
        exactly<number | undefined>()(event.data["anything"]);
      } else if (event.name === "odd/containers.open_to_all") {
        exactly<string>()(event.data.id);
        exactly<unknown>()(event.data["anything"]);
      }
    },
  ),

  inngest.createFunction({ id: "lists", triggers: [events.containersLists] }, async ({ event }) => {
    const { data } = event;
    exactly<(number | null)[]>()(data.list);
    exactly<string[]>()(data.set);
    exactly<[number, string]>()(data.pair);
    exactly<[[number], [boolean, boolean]]>()(data.nested);
    exactly<[events.Point, events.Point, events.Point]>()(data.three);
    exactly<number>()(data.three[2][1]);
    exactly<number[]>()(data.hash);
    exactly<[]>()(data.none);
    exactly<null>()(data.unit);
    exactly<null>()(data.unit_struct);
    exactly<string>()(data.newtype);
  }),

  inngest.createFunction(
    { id: "options", triggers: [events.containersOptions] },
    async ({ event: { data } }) => {
      exactly<string | null>()(data.nullable);
      exactly<string | null | undefined>()(data.absent);
      exactly<number>()(data.defaulted);
      exactly<number[] | undefined>()(data.list);
      exactly<number | null>()(data.twice);
    },
  ),

  inngest.createFunction(
    { id: "recursive", triggers: [events.containersRecursive] },
    async ({ event: { data } }) => {
      exactly<events.Recursive[]>()(data.children);
      exactly<string | undefined>()(data.children[0]?.children[0]?.name);
      exactly<[number, events.Cons | null] | null>()(data.list);
      const { json } = data;
      if (typeof json === "object" && json !== null && !Array.isArray(json)) {
        exactly<events.Json | undefined>()(json["a"]);
      }
    },
  ),

  inngest.createFunction(
    { id: "generic", triggers: [events.containersGeneric] },
    async ({ event: { data } }) => {
      exactly<events.Point[]>()(data.items.items);
      exactly<number | null>()(data.items.next);
      exactly<events.Point | null | undefined>()(data.pages.items[0]?.items[0]);
      exactly<string | undefined>()(data.texts.items[0]);
      if ("Err" in data.either) {
        exactly<string>()(data.either.Err);
      } else {
        exactly<events.Point>()(data.either.Ok);
      }
    },
  ),

  inngest.createFunction(
    { id: "scalars", triggers: [events.containersScalars] },
    async ({ event: { data } }) => {
      exactly<number>()(data.wide);
      exactly<string>()(data.text);
      exactly<string | null>()(data.maybe_text);
      exactly<string>()(data.at);
      exactly<boolean>()(data.flag);
    },
  ),

  inngest.createFunction(
    { id: "by-hand", triggers: [events.containersByHand] },
    async ({ event: { data } }) => {
      exactly<unknown>()(data.any);
      exactly<never[] | undefined>()(data.never);
      exactly<null | 1 | -1.5 | "a" | true | ["x"] | { "a-b": {} }>()(data.mixed);
      exactly<boolean>()(data.all_of.more);
      exactly<number | null>()(data.all_of.next);
      exactly<[events.Point, string?, ...number[]]>()(data.tuple);
      exactly<[1, "a", null, true]>()(data.constant.list);
    },
  ),

  inngest.createFunction(
    { id: "names", triggers: [events.namesFields, events.eventType_] },
    async ({ event }) => {
      if (event.name === "odd/names.fields") {
        const { data } = event;
        exactly<number>()(data["with-dash"]);
        exactly<number>()(data[""]);
        exactly<number>()(data.constructor);
        exactly<boolean>()(data.$ref.required);
        exactly<number>()(data["it's \"quoted\" \\ \n"]);
      } else if (event.name === "odd/event.type") {
        exactly<number>()(event.data.a.length);
        exactly<events.Array[]>()(event.data.b.items);
        exactly<number>()(event.data.f.x);
      }
    },
  ),

  // The latest version, an older version, and a trigger for one version only.
  inngest.createFunction({ id: "latest", triggers: [events.orderPlaced] }, async ({ event }) => {
    exactly<"odd/order.placed" | "inngest/function.invoked">()(event.name);
    exactly<string | undefined>()(event.data.address?.zip);
  }),
  inngest.createFunction(
    { id: "older", triggers: [events.orderPlaced_2026_11_21_9] },
    async ({ event }) => {
      exactly<string>()(event.data.address.street);
    },
  ),
  inngest.createFunction(
    {
      id: "filtered",
      triggers: [{ event: events.orderPlaced_unversioned, if: 'event.v == "2026-11-21.9"' }],
    },
    async ({ event }) => {
      exactly<number>()(event.data.id);
    },
  ),

  inngest.createFunction({ id: "send", triggers: [events.delete_] }, async ({ step }) => {
    await step.sendEvent("again", events.oddSameName.create({ c: 1 }));
    const next = await step.waitForEvent("wait", { event: events.namesMeta, timeout: "1m" });
    exactly<number | undefined>()(next?.data.id);
  }),
];
