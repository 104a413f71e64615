//! The list of devices as a file.

use serde_json::json;

use crate::harness::{Engine, World, both_engines};

both_engines!(every_device_that_fits_is_in_the_file, wrong_requests);

async fn every_device_that_fits_is_in_the_file(engine: Engine) {
    let world = World::new(engine).await;
    let agent = world.agent().await;
    let organization = &world.town.north.organization;
    let one = json!({"organizationId": organization, "name": "A-1", "type": "SERVER", "notes": "=1+1, \"x\"", "serialNumber": "-7"});
    agent.post("/api/devices", one).await.expect(201);
    for number in 0..20 {
        let name = format!("B-{number:02}");
        let body = json!({"organizationId": organization, "name": name, "type": "OTHER"});
        agent.post("/api/devices", body).await.expect(201);
    }
    let answer = agent.get("/api/devices/export.csv").await;
    assert_eq!((answer.status, answer.header("content-type")), (200, "text/csv; charset=utf-8; header=present"));
    assert_eq!(answer.header("content-disposition"), "attachment; filename=\"devices.csv\"");
    let lines: Vec<&str> = answer.text.split("\r\n").collect();
    assert!(lines[0].starts_with("id,name,type,status,organization,ueCode,location,"), "{}", lines[0]);
    assert_eq!(lines.len(), 24, "a head, every device, and nothing after the last line");
    assert!(lines[1].contains(",A-1,SERVER,UNKNOWN,Harbour Freight north,4711,,"), "{}", lines[1]);
    assert!(lines[1].contains(",'-7,") && lines[1].contains(",\"'=1+1, \"\"x\"\"\","), "{}", lines[1]);
    assert!(!answer.text.contains("south"));
    let some = agent.get("/api/devices/export.csv?type=server&sort=-createdAt").await;
    assert_eq!(some.text.lines().count(), 2);
    world.stop().await;
}

async fn wrong_requests(engine: Engine) {
    let world = World::new(engine).await;
    let agent = world.agent().await;
    let fields = agent.get("/api/devices/export.csv?limit=5&status=ASLEEP&sort=color").await.wrong_fields();
    assert_eq!(fields, ["status", "sort", "limit"]);
    world.viewer().await.get("/api/devices/export.csv").await.refused(403, "forbidden");
    world.stranger().get("/api/devices/export.csv").await.refused(401, "token_missing");
    world.stop().await;
}
