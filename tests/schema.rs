//! Tests the generated schemas, and that sent events match them.

use std::collections::BTreeMap;

use inngest_core::{Batch, Event, IdPart, IdWriter, IntoPayload, Language};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};

/// A customer paid for a cart.
#[derive(Clone, Serialize, JsonSchema, Event)]
#[event(
    name = "storefront/cart.checkout.completed",
    id = "cart-checkout-completed-{cart_id}",
    version = "2026-11-21.1"
)]
#[serde(rename_all = "camelCase")]
struct CheckoutCompleted {
    /// The id of the cart.
    cart_id: String,
    item_ids: Vec<String>,
    account: Account,
    #[serde(skip_serializing_if = "Option::is_none")]
    coupon: Option<String>,
    #[serde(flatten)]
    totals: Totals,
    #[event(ts)]
    #[serde(skip)]
    at: i64,
    #[event(user)]
    #[serde(skip)]
    customer: Option<Customer>,
    #[event(session = "cart")]
    #[serde(skip)]
    session: String,
    #[event(session)]
    #[serde(skip)]
    visit: Option<u32>,
}

#[derive(Clone, Serialize, JsonSchema)]
struct Account {
    id: u32,
    email: String,
    /// Who invited the account.
    invited_by: Option<Box<Account>>,
}

#[derive(Clone, Serialize, JsonSchema)]
struct Totals {
    cents: u64,
    taxes: BTreeMap<String, u64>,
}

#[derive(Clone, Serialize, JsonSchema)]
struct Customer {
    external_id: String,
}

fn account(invited_by: Option<Box<Account>>) -> Account {
    Account {
        id: 123,
        email: "test@example.com".into(),
        invited_by,
    }
}

fn checkout() -> CheckoutCompleted {
    CheckoutCompleted {
        cart_id: "ed12c8bde\n\"".into(),
        item_ids: vec!["9f08sdh84".into()],
        account: account(Some(Box::new(account(None)))),
        coupon: None,
        totals: Totals {
            cents: 1,
            taxes: BTreeMap::from([("VAT".into(), 2)]),
        },
        at: 1_743_130_137_367,
        customer: Some(Customer {
            external_id: "1".into(),
        }),
        session: "s".into(),
        visit: Some(4),
    }
}

fn sent(event: impl IntoPayload) -> Value {
    let mut batch = Batch::new();
    batch.push(event).unwrap();
    serde_json::from_str(batch.events().next().unwrap()).unwrap()
}

#[track_caller]
fn assert_valid<E: Event>(event: &Value) {
    let schema = E::schema().to_value();
    jsonschema::meta::validate(&schema).unwrap();
    let validator = jsonschema::draft202012::new(&schema).unwrap();
    let errors: Vec<String> = validator
        .iter_errors(event)
        .map(|e| e.to_string())
        .collect();
    assert!(errors.is_empty(), "{errors:?}\n{event}");
    let data = jsonschema::draft202012::new(&E::data_schema().to_value()).unwrap();
    assert!(data.is_valid(&event["data"]), "{event}");
}

#[track_caller]
fn assert_invalid<E: Event>(event: &Value, why: &str) {
    let validator = jsonschema::draft202012::new(&E::schema().to_value()).unwrap();
    assert!(!validator.is_valid(event), "{why}: {event}");
}

#[test]
fn schema_of_the_whole_event() {
    insta::assert_json_snapshot!(CheckoutCompleted::schema());
}

#[test]
fn schema_of_the_data() {
    insta::assert_json_snapshot!(CheckoutCompleted::data_schema());
}

#[test]
fn sent_events_match_the_schema() {
    assert_valid::<CheckoutCompleted>(&sent(checkout()));
    let bare = CheckoutCompleted {
        coupon: Some("WELCOME".into()),
        customer: None,
        visit: None,
        account: account(None),
        ..checkout()
    };
    assert_valid::<CheckoutCompleted>(&sent(&bare));
    let user = json!({ "external_id": "2", "email": "a@example.com" });
    let payload = bare
        .payload()
        .user(&user)
        .session("more", "x")
        .session("number", 5);
    assert_valid::<CheckoutCompleted>(&sent(payload));
}

#[test]
fn other_json_does_not_match_the_schema() {
    let good = sent(checkout());
    let with = |pointer: &str, value: Value| {
        let mut event = good.clone();
        *event.pointer_mut(pointer).unwrap() = value;
        event
    };
    for (pointer, value) in [
        ("/name", json!("storefront/cart.checkout")),
        ("/id", json!("cart-checkout-completed-")),
        ("/id", json!("item-imported-1")),
        ("/v", json!("2026-11-21.2")),
        ("/ts", json!(1)),
        ("/ts", json!("1743130137367")),
        ("/data", json!([])),
        ("/data/cartId", json!(1)),
        ("/data/account/invited_by/id", json!("x")),
        ("/data/taxes/VAT", json!("x")),
        ("/user", json!(null)),
        ("/user/external_id", json!(1)),
        ("/meta/sessions/cart", json!("")),
        ("/meta/sessions", json!({ "cart": "s", "more": true })),
    ] {
        assert_invalid::<CheckoutCompleted>(&with(pointer, value), pointer);
    }
    for member in ["name", "id", "ts", "v", "data", "meta"] {
        let mut event = good.clone();
        event.as_object_mut().unwrap().remove(member);
        assert_invalid::<CheckoutCompleted>(&event, member);
    }
}

#[test]
fn schema_without_id_and_version_forbids_them() {
    #[derive(Serialize, JsonSchema, Event)]
    #[event(name = "storefront/cart.cleared")]
    struct CartCleared {}
    let schema = CartCleared::schema().to_value();
    assert_eq!(schema["required"], json!(["name", "ts", "data"]));
    assert_eq!(schema["properties"].get("v"), None);
    assert_valid::<CartCleared>(&sent(&CartCleared {}));
    assert_valid::<CartCleared>(&sent(CartCleared {}.payload().id("x")));
}

#[test]
fn non_optional_user_is_required() {
    #[derive(Serialize, JsonSchema, Event)]
    #[event(name = "a/b")]
    struct Always {
        #[event(user)]
        #[serde(skip_serializing)]
        user: Customer,
    }
    let schema = Always::schema().to_value();
    assert_eq!(schema["required"], json!(["name", "ts", "data", "user"]));
    let event = sent(&Always {
        user: Customer {
            external_id: "1".into(),
        },
    });
    assert_valid::<Always>(&event);
    assert_eq!(event["data"], json!({}));
}

#[test]
fn optional_user_is_not_required() {
    #[derive(Serialize, JsonSchema)]
    struct Newtype(Option<Customer>);
    /// The user, if known.
    #[derive(Serialize, JsonSchema)]
    #[serde(untagged)]
    enum Untagged {
        /// No user.
        Anonymous,
        #[expect(dead_code, reason = "the test uses only its schema")]
        Known(Customer),
    }
    #[derive(Serialize, JsonSchema)]
    #[serde(untagged)]
    enum Größer {
        One(Newtype),
        #[expect(dead_code, reason = "the test uses only its schema")]
        Other {
            id: u8,
        },
    }

    #[derive(Serialize, JsonSchema)]
    #[serde(untagged)]
    enum Recursive {
        #[expect(dead_code, reason = "the test uses only its schema")]
        One(Box<Self>),
        Other(Newtype),
    }

    fn check<T: Serialize + JsonSchema>(absent: T, user: &Value) {
        #[derive(Serialize, JsonSchema, Event)]
        #[event(name = "a/b")]
        #[serde(bound = "")]
        #[schemars(bound = "T: JsonSchema")]
        struct WithUser<T: Serialize + JsonSchema> {
            #[event(user)]
            #[serde(skip_serializing)]
            user: T,
        }

        let schema = WithUser::<T>::schema().to_value();
        assert_eq!(schema["required"], json!(["name", "ts", "data"]));
        let event = sent(&WithUser { user: absent });
        assert_eq!(event.get("user"), None);
        assert_valid::<WithUser<T>>(&event);
        let mut known = event.clone();
        known["user"] = json!({ "external_id": "1" });
        assert_valid::<WithUser<T>>(&known);
        assert_eq!(&schema["properties"]["user"], user);
    }
    let described = |mut user: Value| {
        user["description"] = "Attributes of the user; the server keeps them encrypted.".into();
        user
    };
    let customer = json!({ "$ref": "#/$defs/Customer" });
    check(Value::Null, &described(json!({ "type": "object" })));
    check(Some(Value::Null), &described(json!({ "type": "object" })));
    check(Newtype(None), &described(customer.clone()));
    check(Some(Newtype(None)), &described(customer.clone()));
    check(
        Box::new(None::<Box<Customer>>),
        &described(customer.clone()),
    );
    let mut untagged = customer.clone();
    untagged["description"] = "The user, if known.".into();
    check(Untagged::Anonymous, &untagged);
    let other = json!({
        "type": "object",
        "properties": { "id": { "type": "integer", "format": "uint8", "minimum": 0, "maximum": 255 } },
        "required": ["id"],
    });
    check(
        Größer::One(Newtype(None)),
        &described(json!({ "anyOf": [customer, other] })),
    );
    let recursive = json!({ "$ref": "#/$defs/Recursive" });
    check(
        Recursive::Other(Newtype(None)),
        &described(json!({ "anyOf": [recursive, customer] })),
    );
}

#[test]
fn recursive_event_refers_to_its_data_schema() {
    #[derive(Serialize, JsonSchema, Event)]
    #[event(name = "a/tree")]
    struct Tree {
        branches: Vec<Tree>,
    }
    let tree = Tree {
        branches: vec![Tree { branches: vec![] }],
    };
    assert_valid::<Tree>(&sent(&tree));
    let mut event = sent(&tree);
    event["data"]["branches"][0] = json!({});
    assert_invalid::<Tree>(&event, "a branch without branches");
}

#[test]
fn id_pattern_combines_the_patterns_of_its_parts() {
    #[derive(Serialize, JsonSchema, IdPart)]
    enum Channel {
        Web,
        PointOfSale,
    }
    #[derive(Serialize, JsonSchema, Event)]
    #[event(name = "a/b", id = "b-.*{{{a}}}{b}-{c}-{d}-{e}/{f}:{g}")]
    struct Parts {
        a: u64,
        b: char,
        c: Channel,
        d: bool,
        e: i8,
        #[serde(skip)]
        f: uuid::Uuid,
        g: String,
    }
    let pattern = Parts::schema().to_value()["properties"]["id"]["pattern"].clone();
    let uuid = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}";
    let expected = format!(
        r"^b-\.\*\{{[0-9]+\}}[\s\S]-(?:web|point_of_sale)-(?:true|false)-(?:-?[0-9]+)\/{uuid}:[\s\S]+$"
    );
    assert_eq!(pattern, expected.replace("(?:-?[0-9]+)", "-?[0-9]+"));
    for (b, c, e, g) in [
        ('é', Channel::Web, -7, "x"),
        ('😀', Channel::PointOfSale, 7, "\n"),
    ] {
        let parts = Parts {
            a: 1,
            b,
            c,
            d: true,
            e,
            f: uuid::Uuid::nil(),
            g: g.into(),
        };
        assert_valid::<Parts>(&sent(&parts));
    }
}

#[test]
fn language_pattern_matches_its_texts() {
    struct Claimed<const LANGUAGE: u8>(&'static str);
    const LANGUAGES: [Language; 4] = [
        Language::Bool,
        Language::Unsigned,
        Language::Signed,
        Language::Word,
    ];
    impl<const LANGUAGE: u8> IdPart for Claimed<LANGUAGE> {
        const LANGUAGE: Language = LANGUAGES[LANGUAGE as usize];
        fn write_id(&self, id: &mut IdWriter<'_>) {
            id.push_str(self.0);
        }
    }
    #[derive(Serialize, JsonSchema, Event)]
    #[event(name = "a/b", id = "b-{part}")]
    #[schemars(bound = "")]
    struct One<const LANGUAGE: u8> {
        #[serde(skip)]
        part: Claimed<LANGUAGE>,
    }
    fn check<const LANGUAGE: u8>() {
        let validator = jsonschema::draft202012::new(&One::<LANGUAGE>::schema().to_value());
        let validator = validator.unwrap();
        let mut event = sent(One::<LANGUAGE> {
            part: Claimed(["true", "1", "-1", "a"][LANGUAGE as usize]),
        });
        for text in [
            "true", "false", "truer", "1", "10", "-1", "--1", "1-", "+1", "٣", "a", "a_1", "größe",
            "дом", "家", "😀", "é", "a-b", "a b", "a\"b", "a\n", "a.b", "[", "`", "{", "\u{7f}",
        ] {
            let part = Claimed::<LANGUAGE>(text);
            let is_sent = One { part }.dedup_id().is_ok();
            event["id"] = json!(format!("b-{text}"));
            let language = LANGUAGES[LANGUAGE as usize];
            assert_eq!(validator.is_valid(&event), is_sent, "{language:?} {text:?}");
        }
    }
    check::<0>();
    check::<1>();
    check::<2>();
    check::<3>();
}
