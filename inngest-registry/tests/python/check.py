"""Imports every model in the folder `models`, and validates events of two of them."""

import importlib
import pathlib

from pydantic import ValidationError

modules = sorted(pathlib.Path("models").rglob("_[0-9]*.py"))
models = {}
for path in modules:
    module = importlib.import_module(".".join(path.with_suffix("").parts))
    models[".".join(path.parts[1:3]), path.stem] = module
assert len(models) == len(list(pathlib.Path("schemas").rglob("*.json"))), models.keys()

paid = {
    "name": "storefront/order.paid",
    "id": "order-paid-7",
    "ts": 1_764_000_000_000,
    "v": "2026-11-21.1",
    "data": {"order_id": 7, "cents": 1999, "method": {"kind": "card", "last_four": "4242"}},
}
OrderPaid = models["storefront.order_paid", "_2026_11_21_1"].OrderPaid
event = OrderPaid.model_validate(paid)
assert event.data.method.root.last_four == "4242"
assert event.model_dump(mode="json", exclude_unset=True) == paid

for wrong in [
    {**paid, "name": "storefront/order.placed"},
    {**paid, "id": "order-7"},
    {**paid, "data": {**paid["data"], "cents": -1}},
    {**paid, "data": {**paid["data"], "method": {"kind": "cash"}}},
    {**paid, "data": {"order_id": 7}},
]:
    try:
        OrderPaid.model_validate(wrong)
    except ValidationError:
        continue
    raise AssertionError(f"this is valid: {wrong}")
print(f"python: {len(models)} models are made, and wrong events are refused")
