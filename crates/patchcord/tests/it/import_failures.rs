//! Files that are not written after all: a wrong line far down, a change between the two readings, a program that is killed.

use std::time::Duration;

use reqwest::Method;
use reqwest::multipart::{Form, Part};
use sea_orm::ConnectionTrait;
use serde_json::json;

use crate::harness::{Engine, Installation, PASSWORD, World, both_engines, number};
use crate::imports::{WRITE, import};

both_engines!(one_wrong_line_of_a_hundred_thousand, a_change_between_the_two_readings, killed_in_the_middle,);

/// Devices of the first organization of the harness.
fn many(lines: usize, wrong: Option<usize>) -> String {
    let mut file = "ueCode,name,serialNumber,ipAddress,type\n".to_owned();
    for line in 2..=lines + 1 {
        let address = if wrong == Some(line) { "10.0.0.256" } else { "10.0.0.1" };
        file += &format!("4711,D-{line},S-{line},{address},laptop\n");
    }
    file
}

async fn one_wrong_line_of_a_hundred_thousand(engine: Engine) {
    let world = World::new(engine).await;
    let admin = world.admin().await;
    let mut file = "name,ueCode\n".to_owned();
    for line in 2..=100_001 {
        let code = if line == 99_999 { "12x".to_owned() } else { format!("1{line:06}") };
        file += &format!("Customer {line},{code}\n");
    }
    let refused = import(&admin, "organizations", file, &[WRITE]).await.refused(422, "validation_failed");
    assert_eq!(refused["errors"][0]["field"], "lines[99999].ueCode");
    assert_eq!(refused["errors"].as_array().unwrap().len(), 1);
    assert_eq!(number(&world.store, "SELECT COUNT(*) FROM organizations").await, 2);
    world.stop().await;
}

/// Somebody changes what the file points to after the first reading found nothing wrong: the second one takes everything back.
async fn a_change_between_the_two_readings(engine: Engine) {
    let world = World::new(engine).await;
    let admin = world.admin().await;
    let place = world.town.north.clone();
    let (go_on, told) = tokio::sync::oneshot::channel::<()>();
    let (began, begun) = tokio::sync::oneshot::channel::<()>();
    let store = world.store.clone();
    // Takes the turn, so that the second reading has to wait, and changes something before it gives it back.
    let blocker = tokio::spawn(async move {
        store
            .write::<(), patchcord_store::StoreError, _>(move |tx| {
                Box::pin(async move {
                    patchcord_store::imports::wait_for_turn(tx.tenant(&place.workspace)).await?;
                    began.send(()).unwrap();
                    told.await.unwrap();
                    let sql = format!("UPDATE organizations SET u_e_code = '8888' WHERE id = '{}'", place.organization);
                    tx.execute_unprepared(&sql).await?;
                    Ok(())
                })
            })
            .await
            .unwrap();
    });
    begun.await.unwrap();
    let sending = {
        let admin = admin.clone();
        let file = format!("{}4711,LAST,S-LAST,10.0.0.1,laptop\n", many(600, None));
        tokio::spawn(async move { import(&admin, "devices", file, &[WRITE]).await })
    };
    // The first reading takes far less, and whoever waits for a lock gives up after five seconds.
    tokio::time::sleep(Duration::from_secs(2)).await;
    go_on.send(()).unwrap();
    let refused = sending.await.unwrap().refused(422, "validation_failed");
    assert_eq!(refused["errors"][0]["field"], "lines[2].ueCode");
    blocker.await.unwrap();
    assert_eq!(number(&world.store, "SELECT COUNT(*) FROM devices").await, 2);
    assert_eq!(number(&world.store, "SELECT COUNT(*) FROM search_documents WHERE kind = 'device'").await, 2);
    let log = admin.get("/api/audit-log?action=import.applied").await.expect(200);
    assert_eq!(log["items"], json!([]));
    world.stop().await;
}

/// The program itself, killed while it reads and while it writes.
async fn killed_in_the_middle(engine: Engine) {
    let installation = Installation::new(engine).await;
    installation.json(&["workspace", "add", "North", "--admin", "admin@north.test"]);
    assert_eq!(installation.run_with_input(&["user", "passwd", "admin@north.test"], PASSWORD).code, 0);
    let lines = 8_000;
    let mut at = Duration::from_millis(400);
    let mut killed = 0;
    loop {
        let mut server = installation.serve(&[]).await;
        let admin = server.client().signed_in("admin@north.test", PASSWORD).await;
        import(&admin, "organizations", "name,ueCode\nHarbour,4711\n", &[WRITE]).await.expect(200);
        let page = admin.get("/api/devices?count=exact&limit=1").await.expect(200);
        let there = page["total"].as_i64().unwrap();
        assert!(there == 0 || there == lines as i64, "half of an import is there: {there}");
        let found = admin.get("/api/devices?q=d-7&limit=1").await.expect(200);
        assert_eq!(found["items"].as_array().unwrap().is_empty(), there == 0);
        if there > 0 || killed >= 6 {
            break;
        }
        let sending = {
            let admin = admin.clone();
            tokio::spawn(async move {
                let form = Form::new().text("kind", "devices").text("dryRun", "false");
                let form = form.part("file", Part::text(many(lines, None)).file_name("list.csv"));
                admin.request(Method::POST, "/api/import").multipart(form).send().await.map(|answer| answer.status())
            })
        };
        tokio::time::sleep(at).await;
        server.kill();
        match sending.await.unwrap() {
            // It was quicker; the next round sees all of it.
            Ok(status) => assert_eq!(status, 200),
            Err(_) => killed += 1,
        }
        at = at * 3 / 2;
    }
    assert!(killed > 0, "the imports were done before the program was killed");
}
