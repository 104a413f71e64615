//! Tables of what must go and what must stay.

use proptest::prelude::*;

use super::*;

fn redactor() -> Redactor {
    Redactor::new(Options::default())
}

fn check(cases: &[(&str, &str)]) {
    let redactor = redactor();
    let mut wrong = Vec::new();
    for (input, expect) in cases {
        let redacted = redactor.text(input);
        if redacted.get() != expect {
            wrong.push(format!("{input:?}\n  gave     {:?}\n  expected {expect:?}", redacted.get()));
        }
        let again = redactor.text(redacted.get());
        if again.get() != redacted.get() || !again.counts().is_empty() {
            wrong.push(format!("{input:?} is not the same after a second pass: {:?}", again.get()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn email_addresses() {
    check(&[
        ("write to mara@example.test please", "write to [EMAIL_REDACTED] please"),
        ("<first.last+tag@sub.example.co.uk>, ok", "<[EMAIL_REDACTED]>, ok"),
        ("müller@exämple.test!", "[EMAIL_REDACTED]!"),
        ("mara\u{200b}@exam\u{ad}ple.test", "[EMAIL_REDACTED]"),
        ("ｍａｒａ＠ｅｘａｍｐｌｅ．ｔｅｓｔ", "[EMAIL_REDACTED]"),
        ("a@b", "a@b"),
        ("@everyone and user@host", "@everyone and user@host"),
    ]);
}

#[test]
fn tokens_by_prefix() {
    let token = "[TOKEN_REDACTED]";
    let long = "a1B2c3D4e5F6g7H8i9J0";
    for prefix in [
        "sk_",
        "sk-",
        "pk_",
        "api_",
        "secret_",
        "token_",
        "ghp_",
        "gho_",
        "ghu_",
        "ghs_",
        "ghr_",
        "github_pat_",
        "glpat-",
        "pck_",
        "whsec_",
        "hf_",
        "pypi-",
        "hvs.",
        "ya29.",
        "xoxb-",
    ] {
        check(&[(&format!("key {prefix}{long} end"), &format!("key {token} end"))]);
    }
    let hex = "0123456789abcdef0123456789abcdef";
    check(&[
        ("AKIAIOSFODNN7EXAMPLE", token),
        (&format!("SK{hex}"), token),
        (&format!("AIza{}", "aB3_-".repeat(7)), token),
        (&format!("npm_{}", "aB3".repeat(12)), token),
        (&format!("SG.{long}.{long}"), token),
        (&format!("sk-ant-{long}-{long}"), token),
        (&format!("sk_live_{}", "4eC39HqLyjWD"), token),
        ("https://hooks.slack.com/services/T00000000/B00000000/XXXX", token),
        ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJl", token),
        ("token_gateway_timeout_seconds", "token_gateway_timeout_seconds"),
        ("api_gateway_timeout_seconds", "api_gateway_timeout_seconds"),
        ("api_gateway_timeout_seconds_9x", token),
        ("api_abcdefghijklmnopqrstuvwxyz", token),
        ("sk_short", "sk_short"),
        ("task-management-is-important-for-everyone", "task-management-is-important-for-everyone"),
    ]);
}

#[test]
fn credentials_in_headers_and_addresses() {
    check(&[
        ("Authorization: Bearer abc123.def456", "Authorization: [TOKEN_REDACTED]"),
        ("the bearer certificate expired", "the bearer certificate expired"),
        ("Authorization: Basic dXNlcjpwYXNz", "Authorization: [TOKEN_REDACTED]"),
        ("basic troubleshooting did not help", "basic troubleshooting did not help"),
        ("postgres://app:s3cret@db.local:5432/x", "postgres://app:[TOKEN_REDACTED]@db.local:5432/x"),
        ("https://${USER}:${PASS}@host/", "https://${USER}:${PASS}@host/"),
        ("see https://example.test:8080/a@b", "see https://example.test:8080/a@b"),
    ]);
}

#[test]
fn passwords_in_words() {
    check(&[
        ("password: hunter2", "password: [TOKEN_REDACTED]"),
        ("Password = \"correct horse battery\"", "Password = \"[TOKEN_REDACTED]\""),
        ("PASSWORD:Summer2026!", "PASSWORD:[TOKEN_REDACTED]"),
        ("DB_PASSWORD=abc", "DB_PASSWORD=[TOKEN_REDACTED]"),
        ("\"password\": \"x1y2\"", "\"password\": \"[TOKEN_REDACTED]\""),
        ("Passwort: geheim", "Passwort: [TOKEN_REDACTED]"),
        ("Kennwort: Sommer26.", "Kennwort: [TOKEN_REDACTED]."),
        ("mot de passe : azerty1", "mot de passe : [TOKEN_REDACTED]"),
        ("contraseña: perro", "contraseña: [TOKEN_REDACTED]"),
        ("clave: abc123", "clave: [TOKEN_REDACTED]"),
        ("pwd=letmein", "pwd=[TOKEN_REDACTED]"),
        ("client_secret=8f3kQz91LmN0pR", "client_secret=[TOKEN_REDACTED]"),
        ("AccountKey=abcdEFGH1234+/=;Endpoint", "AccountKey=[TOKEN_REDACTED];Endpoint"),
        ("aws_secret_access_key = wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY", "aws_secret_access_key = [TOKEN_REDACTED]"),
        ("PIN: 4711", "PIN: [TOKEN_REDACTED]"),
        ("my password is Winter2026! thanks", "my password is [TOKEN_REDACTED] thanks"),
        ("pass\u{200b}word: hunter2", "pass\u{200b}word: [TOKEN_REDACTED]"),
        ("password: [TOKEN_REDACTED]", "password: [TOKEN_REDACTED]"),
    ]);
}

#[test]
fn private_keys() {
    let key = "-----BEGIN RSA PRIVATE KEY-----\nMIIEow\nabc\n-----END RSA PRIVATE KEY-----";
    check(&[
        (&format!("a\n{key}\nb"), "a\n[TOKEN_REDACTED]\nb"),
        ("-----BEGIN PRIVATE KEY-----\nMIIEow cut off", "[TOKEN_REDACTED]"),
        (
            "-----BEGIN CERTIFICATE-----\nMIID\n-----END CERTIFICATE-----",
            "-----BEGIN CERTIFICATE-----\nMIID\n-----END CERTIFICATE-----",
        ),
        (
            "-----BEGIN PUBLIC KEY-----\nMIIB\n-----END PUBLIC KEY-----",
            "-----BEGIN PUBLIC KEY-----\nMIIB\n-----END PUBLIC KEY-----",
        ),
    ]);
}

#[test]
fn cards_accounts_and_social_security() {
    check(&[
        ("card 4111 1111 1111 1111 exp", "card [CARD_REDACTED] exp"),
        ("4111111111111111", "[CARD_REDACTED]"),
        ("3782-822463-10005.", "[CARD_REDACTED]."),
        ("４１１１ １１１１ １１１１ １１１１", "[CARD_REDACTED]"),
        ("41\u{200b}11 1111 1111 1111", "[CARD_REDACTED]"),
        ("4111 1111 1111 1112", "4111 1111 1111 1112"),
        ("card=5555555555554444", "card=[CARD_REDACTED]"),
        ("IBAN DE89 3704 0044 0532 0130 00 BANK", "IBAN [IBAN_REDACTED] BANK"),
        ("GB82WEST12345698765432", "[IBAN_REDACTED]"),
        ("DE89 3704 0044 0532 0130 01", "DE89 3704 0044 0532 0130 01"),
        ("SSN 123-45-6789", "SSN [SSN_REDACTED]"),
        ("123-45-6789.txt", "[SSN_REDACTED].txt"),
        ("it is 4111 1111 1111 1111.Please help", "it is [CARD_REDACTED].Please help"),
        ("000-12-3456 and 123-00-4567", "000-12-3456 and 123-00-4567"),
    ]);
}

#[test]
fn phone_numbers() {
    check(&[
        ("call +1 202 555 0143 now", "call [PHONE_REDACTED] now"),
        ("+49 (0)30 123456", "[PHONE_REDACTED]"),
        ("(202) 555-0143", "[PHONE_REDACTED]"),
        ("202-555-0143", "[PHONE_REDACTED]"),
        ("202.555.0143", "[PHONE_REDACTED]"),
        ("1-202-555-0143", "[PHONE_REDACTED]"),
        ("020 7946 0958", "[PHONE_REDACTED]"),
        ("030/1234567", "[PHONE_REDACTED]"),
        ("01 23 45 67 89", "[PHONE_REDACTED]"),
        ("0049 30 1234567", "[PHONE_REDACTED]"),
        ("phone: 2025550143", "phone: [PHONE_REDACTED]"),
        ("tel:+12025550143", "tel:[PHONE_REDACTED]"),
        ("202-555-0143.log", "[PHONE_REDACTED].log"),
        ("my mobile is 07911123456", "my mobile is [PHONE_REDACTED]"),
    ]);
}

#[test]
fn what_must_survive() {
    for text in [
        "TKT-0042 and ticket 10042",
        "d41d8cd98f00b204e9800998ecf8427e",
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "123e4567-e89b-12d3-a456-426614174000",
        "10.0.19045.3803 and v2.14.0-rc1",
        "00:1A:2B:3C:4D:5E or 00-1a-2b-3c-4d-5e",
        "server 192.168.10.20 and 8.8.8.8:53",
        "part 5009-12345678-01, P/N 40X7540",
        "1Z999AA10123456784",
        "2026-11-24T09:30:00.000Z and 24.11.2026 10:30 and 11/24/2026 10:30",
        "1764000000123",
        "error 0x80070005 at line 1234567",
        "export KEY=${KEY} and <your token>",
        "password: <your password>",
        "PASSWORD=$PASSWORD and {{ password }}",
        "She forgot her password and the password is expired",
        "the password reset link does not work",
        "Password: is not accepted any more",
        "token: expired",
        "secret: none",
        "my pin is on the board",
        "bearer token missing",
        "Zoë's café – naïve ☕ 日本語",
        "WIN-4F7K2QX9 rebooted 3 times in 24 hours",
        "order 4500012345",
        "room 12, 3rd floor, 555 users",
        "",
    ] {
        let redacted = redactor().text(text);
        assert_eq!(redacted.get(), text);
        assert!(redacted.counts().is_empty());
    }
}

#[test]
fn public_addresses_go_by_setting() {
    let redactor = Redactor::new(Options { ip_addresses: true });
    let text = "from 8.8.8.8 and 2001:4860:4860::8888 to 192.168.1.10, fe80::1, ::1, 10.0.19045.3803 at 10:30:00";
    let redacted = redactor.text(text);
    assert_eq!(
        redacted.get(),
        "from [IP_REDACTED] and [IP_REDACTED] to 192.168.1.10, fe80::1, ::1, 10.0.19045.3803 at 10:30:00"
    );
    assert_eq!(redacted.counts().of("ip"), 2);
}

#[test]
fn a_snapshot_is_redacted_as_a_whole() {
    let secret = "a@b.example";
    let text = || format!("x {secret} y");
    let snapshot = Snapshot {
        ticket_id: "keep".into(),
        subject: text(),
        product_area: Some(text()),
        organization: Some(text()),
        contact: Some(text()),
        device: Some(DeviceFacts {
            name: text(),
            model: Some(text()),
            operating_system: Some(text()),
            ..Default::default()
        }),
        messages: vec![SnapshotMessage {
            id: "m".into(),
            body: text(),
            author_name: Some(text()),
            ..Default::default()
        }],
        events: vec![text()],
        attachments: vec![text()],
        sources: vec![Source { id: "s".into(), title: text(), passage: text(), ..Default::default() }],
        ..Default::default()
    };
    let redacted = redactor().snapshot(snapshot.clone());
    let json = serde_json::to_string(redacted.get()).unwrap();
    assert!(!json.contains(secret), "{json}");
    assert_eq!(redacted.counts().of("email"), 13);
    assert_eq!(redacted.get().ticket_id, "keep");
    let task = Task {
        kind: crate::copilot::Kind::Chat,
        tone: None,
        question: Some(text()),
        history: vec![Exchange { question: text(), answer: text() }],
        snapshot,
    };
    let redacted = redactor().task(task);
    assert!(!serde_json::to_string(redacted.get()).unwrap().contains(secret));
    assert_eq!(redacted.counts().of("email"), 16);
    assert_eq!(serde_json::to_value(redacted.counts()).unwrap(), serde_json::json!({"email": 16}));
}

const PLANTED: &[&str] = &[
    "mara@example.test",
    "sk-a1B2c3D4e5F6g7H8i9J0",
    "ghp_a1B2c3D4e5F6g7H8i9J0",
    "4111 1111 1111 1111",
    "DE89 3704 0044 0532 0130 00",
    "+49 30 12345678",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJl",
];

proptest! {
    #[test]
    fn never_panics_and_is_idempotent(text in "\\PC{0,300}") {
        let redactor = redactor();
        let once = redactor.text(&text).into_inner();
        let twice = redactor.text(&once).into_inner();
        prop_assert_eq!(once, twice);
    }

    #[test]
    fn noisy_text_is_idempotent(text in "[a-z0-9 .:@/+()_=-]{0,200}(password|token|Bearer|sk_|\\+49|@|=|:){0,5}[A-Za-z0-9 .:@/+-]{0,80}") {
        let redactor = redactor();
        let once = redactor.text(&text).into_inner();
        let twice = redactor.text(&once).into_inner();
        prop_assert_eq!(once, twice);
    }

    #[test]
    fn a_planted_secret_never_gets_through(before in "[\\PC&&[^\\w]]{0,40}( |\n)", which in 0..PLANTED.len(), after in "( |\n|, )[\\PC&&[^0-9]]{0,40}") {
        let secret = PLANTED[which];
        let redacted = redactor().text(&format!("{before}{secret}{after}")).into_inner();
        prop_assert!(!redacted.contains(secret), "{}", redacted);
    }
}

#[test]
fn numbers_and_addresses_are_held_back_under_names() {
    let said = "card 4111 1111 1111 1111, call me at +1 202 555 0143 or mara@example.test";
    let mut held = Vec::new();
    let clean = redactor().held_back(said, &mut |kind, value| {
        held.push(value.to_owned());
        format!("[{}_{}]", kind.to_uppercase(), held.len())
    });
    assert_eq!(clean.get(), "card [CARD_REDACTED], call me at [PHONE_1] or [EMAIL_2]");
    assert_eq!(held, ["+1 202 555 0143", "mara@example.test"]);
    assert_eq!((clean.counts().of("card"), clean.counts().of("phone")), (1, 1));
    let again = redactor().spoken(clean.get().clone());
    assert_eq!(again.get(), clean.get(), "names are no secrets");
    assert_eq!(redactor().spoken(said.to_owned()).counts().of("email"), 1);
}
