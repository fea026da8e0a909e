"""Sends events with PyPI's inngest: python send.py URL MODE EVENTS RUN"""

import asyncio
import json
import resource
import sys
import time

import inngest

url, mode, count, run = sys.argv[1:5]
events = int(count)
client = inngest.Inngest(
    app_id="bench", event_api_base_url=url, event_key="bench", is_production=True
)


def event(n):
    cart_id = f"c{int(run):06}{n:07}"
    return inngest.Event(
        name="storefront/cart.checkout.completed",
        id=f"cart-checkout-completed-{cart_id}",
        data={
            "cart_id": cart_id,
            "item_ids": ["9f08sdh84", "2k19dkw03", "7c53pqm11"],
            "account": {"id": "a-7", "email": "ada@example.com"},
        },
    )


async def main():
    await client.send(event(9999999))
    startup = time.process_time()
    began = time.perf_counter()
    if mode == "one":
        for n in range(events):
            await client.send(event(n))
    elif mode == "many":

        async def sender(first):
            for n in range(first, events, 64):
                await client.send(event(n))

        await asyncio.gather(*(sender(first) for first in range(64)))
    else:
        for first in range(0, events, 1000):
            await client.send([event(n) for n in range(first, min(first + 1000, events))])
    print(
        json.dumps(
            {
                "startup_us": startup * 1e6,
                "cpu_us": (time.process_time() - startup) * 1e6 / events,
                "wall_us": (time.perf_counter() - began) * 1e6 / events,
                "peak_kb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss,
            }
        )
    )


asyncio.run(main())
