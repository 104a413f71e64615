//! Measures the audio path beside a bare relay with marks, in one run: processor time, added round trip, memory, lost frames.
//!
//! `line [CALLS] [SECONDS]` starts each of the two on one core and makes calls from another. Every 20 ms frame of a call is
//! answered by the model's server with the same sound; the relay sends a mark after each, the bridge as it does in calls. Then
//! callers of the bridge speak over the answers once a second, and it counts how long `clear` takes to the carrier. Last, both get
//! more and more calls, until frames are lost or late. The two are measured in turns, and the middle of three rounds counts:
//! whatever else the machine does at a moment meets both, and once.

#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "a measurement for people at a terminal")]

use std::process::Stdio;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use async_trait::async_trait;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use futures::{SinkExt, StreamExt};
use patchcord_agents::{Agents, Facts, Limits, ToolReply, Tools};
use patchcord_domain::call::{IdentifiedBy, Verification};
use patchcord_domain::redaction::{Options, Redactor};
use patchcord_domain::time::{Clock, Millis};
use patchcord_llm::talk::{ToolCall, ToolSpec};
use patchcord_voice::frames::{BUFFER, Socket};
use patchcord_voice::media_streams::{Frame, Writer};
use patchcord_voice::realtime::{ServerEvent, append};
use patchcord_voice::realtime_engine::{self, RealtimeOptions};
use patchcord_voice::session::{Session, open_media};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::time::{Instant, MissedTickBehavior, interval};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_util::task::TaskTracker;

const FRAME: usize = 160;
const CALLS_MAX: usize = 1_000;
/// In the search for the most calls: how many times those of the comparison, at most, and for how long.
const TIMES_MAX: usize = 8;
const SEARCH_SECONDS: u64 = 6;
/// How often each is measured; an odd number.
const ROUNDS: usize = 3;
/// A frame is in time when it is back before the next one goes out, in milliseconds.
const IN_TIME_MS: f64 = 20.0;

static EPOCH: LazyLock<Instant> = LazyLock::new(Instant::now);
/// Whether callers speak over answers.
static SPEAK_OVER: AtomicBool = AtomicBool::new(false);
/// When each caller last did, as the model's server told it.
static SPOKE_AT: [AtomicU64; CALLS_MAX] = [const { AtomicU64::new(0) }; CALLS_MAX];

fn micros() -> u64 {
    EPOCH.elapsed().as_micros() as u64
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [kind @ ("relay" | "bridge"), model] => runtime.block_on(serve(kind == "bridge", model.to_owned())),
        [] => runtime.block_on(drive(100, 15)),
        [calls] => runtime.block_on(drive(calls.parse().unwrap(), 15)),
        [calls, seconds] => runtime.block_on(drive(calls.parse().unwrap(), seconds.parse().unwrap())),
        _ => println!("line [CALLS] [SECONDS]"),
    }
}

fn config() -> WebSocketConfig {
    WebSocketConfig::default().read_buffer_size(BUFFER).write_buffer_size(BUFFER)
}

// What is measured.

async fn serve(is_bridge: bool, model: String) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    println!("{}", listener.local_addr().unwrap().port());
    let tasks = TaskTracker::new();
    let agents = Arc::new(Agents::embedded());
    let redactor = Redactor::new(Options::default());
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        stream.set_nodelay(true).unwrap();
        let socket = tokio_tungstenite::accept_async_with_config(stream, Some(config())).await.unwrap();
        if is_bridge {
            tasks.spawn(bridge(socket, model.clone(), Arc::clone(&agents), redactor.clone(), tasks.clone()));
        } else {
            tasks.spawn(relay(socket, model.clone()));
        }
    }
}

/// As little as can be done: frames to the model, sound and marks to the carrier.
async fn relay(mut carrier: WebSocketStream<TcpStream>, model: String) {
    let stream = TcpStream::connect(model.trim_start_matches("ws://").trim_end_matches('/')).await.unwrap();
    stream.set_nodelay(true).unwrap();
    let (mut model, _) = tokio_tungstenite::client_async_with_config(&model, stream, Some(config())).await.unwrap();
    let mut writer = Writer::new("");
    let mut marks = 0_u64;
    loop {
        tokio::select! {
            frame = carrier.next() => {
                let Some(Ok(Message::Text(text))) = frame else { return };
                match Frame::read(&text) {
                    Ok(Frame::Media { payload, .. }) => {
                        model.send(Message::text(append(payload.as_str()))).await.unwrap();
                    }
                    Ok(Frame::Start(start)) => writer = Writer::new(&start.stream_sid),
                    _ => {}
                }
            }
            event = model.next() => {
                let Some(Ok(Message::Text(text))) = event else { return };
                if let Ok(ServerEvent::AudioDelta { delta, .. }) = ServerEvent::read(&text) {
                    marks += 1;
                    carrier.feed(Message::text(writer.media(delta.as_str()))).await.unwrap();
                    carrier.feed(Message::text(writer.mark(&format!("m{marks}")))).await.unwrap();
                    carrier.flush().await.unwrap();
                }
            }
        }
    }
}

async fn bridge(
    socket: WebSocketStream<TcpStream>,
    model: String,
    agents: Arc<Agents>,
    redactor: Redactor,
    tasks: TaskTracker,
) {
    let mut socket = Socket::new(socket);
    let Some(opened) = open_media(&mut socket).await else { return };
    let (recorder, mut recorded) = mpsc::channel(64);
    let (_operator, operator) = mpsc::channel(4);
    let clock = Arc::new(Ticking(Instant::now()));
    tasks.spawn(async move { while recorded.recv().await.is_some() {} });
    let session = Session {
        call_id: opened.call_sid.clone(),
        agents,
        tools: Arc::new(NoTools),
        recorder,
        operator,
        resume: None,
        limits: Limits::default(),
        answered_at: clock.now(),
        speed: 1,
        clock,
        redactor,
        tasks: tasks.clone(),
    };
    let options = RealtimeOptions::new(model, "gpt-realtime-2.1", "marin");
    realtime_engine::run(session, socket, opened, options).await;
}

struct Ticking(Instant);

impl Clock for Ticking {
    fn now(&self) -> Millis {
        1_764_000_000_000 + self.0.elapsed().as_millis() as i64
    }
}

struct NoTools;

#[async_trait]
impl Tools for NoTools {
    fn specs(&self) -> &[ToolSpec] {
        &[]
    }

    async fn run(&self, _agent: &str, _call: &ToolCall) -> ToolReply {
        ToolReply { outcome: "failed", content: Value::Null, ..ToolReply::default() }
    }

    fn facts(&self) -> Facts {
        Facts {
            verification: Verification::None,
            identified_by: IdentifiedBy::None,
            organization: None,
            contact: None,
            devices: Vec::new(),
            tickets: Vec::new(),
            language: None,
            workspace: "Northwind IT".into(),
            local_time: "noon".into(),
            people_there: true,
        }
    }
}

// What measures.

async fn drive(calls: usize, seconds: u64) {
    pin("1", std::process::id());
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let model = format!("ws://{}/", listener.local_addr().unwrap());
    let tasks = TaskTracker::new();
    tasks.spawn(models(listener, tasks.clone()));
    println!("| | CPU per call-second | round trip p50 | p99 | frames lost | memory a call |");
    println!("|---|---|---|---|---|---|");
    let mut rounds = Vec::new();
    for _ in 0..ROUNDS {
        let relay = told("relay", &model, calls, seconds, &tasks).await;
        rounds.push((relay, told("bridge", &model, calls, seconds, &tasks).await));
    }
    let beside = |of: fn(&Figures, &Figures) -> f64| middle(rounds.iter().map(|(relay, bridge)| of(bridge, relay)));
    println!(
        "\nCPU of the bridge by the relay's: {:.2} (goal 1.25); added p99: {:+.2} ms (goal +2); memory beyond the relay's: \
         {:.0} kB a call (goal 60)",
        beside(|bridge, relay| bridge.cpu_ms / relay.cpu_ms),
        beside(|bridge, relay| bridge.p99_ms - relay.p99_ms),
        beside(|bridge, relay| bridge.kilobytes - relay.kilobytes),
    );
    SPEAK_OVER.store(true, Ordering::Relaxed);
    let cut = contend("bridge", &model, calls, seconds, &tasks).await;
    println!(
        "\nFrom the caller's first sound, as the model tells it, to `clear` at the carrier, {} times in {calls} calls: \
         p50 {:.2} ms, p99 {:.2} ms (goal 5)",
        cut.answered, cut.p50_ms, cut.p99_ms
    );
    SPEAK_OVER.store(false, Ordering::Relaxed);
    println!("\n| | round trip p99 | frames lost | core of the server | core of the load |\n|---|---|---|---|---|");
    let most = carried(["relay", "bridge"], &model, calls, &tasks).await;
    println!(
        "\nMost calls with no frame lost and 99 of 100 back within {IN_TIME_MS} ms: {} over the relay, {} over the bridge (goal: as \
         many)",
        most[0], most[1]
    );
}

/// How many calls each carries: more and more are made, until frames are lost or late.
async fn carried<const N: usize>(kinds: [&str; N], model: &str, step: usize, tasks: &TaskTracker) -> [usize; N] {
    let mut most = [0; N];
    for calls in (1..=TIMES_MAX).map(|times| times * step).take_while(|calls| *calls < CALLS_MAX) {
        let mut rounds = kinds.map(|_| Vec::new());
        for _ in 0..ROUNDS {
            for place in 0..N {
                if most[place] + step == calls {
                    rounds[place].push(contend(kinds[place], model, calls, SEARCH_SECONDS, tasks).await);
                }
            }
        }
        for (place, rounds) in rounds.iter().enumerate().filter(|(_, rounds)| !rounds.is_empty()) {
            let of = |figure: fn(&Figures) -> f64| middle(rounds.iter().map(figure));
            let (p99_ms, lost, sent) = (of(|one| one.p99_ms), of(|one| one.lost as f64), rounds[0].sent);
            println!(
                "| {}, {calls} calls | {p99_ms:.2} ms | {lost} of {sent} | {:.0} % | {:.0} % |",
                kinds[place],
                of(|one| one.cpu_ms) * calls as f64 / 10.0,
                of(|one| one.load_ms) * calls as f64 / 10.0
            );
            if lost == 0.0 && p99_ms <= IN_TIME_MS {
                most[place] = calls;
            }
        }
    }
    most
}

/// The middle one of an odd number of figures.
fn middle(figures: impl Iterator<Item = f64>) -> f64 {
    let mut figures: Vec<f64> = figures.collect();
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}

/// Measures one, and says what came of it.
async fn told(kind: &str, model: &str, calls: usize, seconds: u64, tasks: &TaskTracker) -> Figures {
    let figures = contend(kind, model, calls, seconds, tasks).await;
    println!(
        "| {kind}, {calls} calls | {:.2} ms | {:.2} ms | {:.2} ms | {} of {} | {:.0} kB |",
        figures.cpu_ms, figures.p50_ms, figures.p99_ms, figures.lost, figures.sent, figures.kilobytes
    );
    figures
}

struct Figures {
    /// Processor time for a second of a call: of what is measured, and of what measures.
    cpu_ms: f64,
    load_ms: f64,
    p50_ms: f64,
    p99_ms: f64,
    lost: usize,
    sent: usize,
    answered: usize,
    kilobytes: f64,
}

async fn contend(kind: &str, model: &str, calls: usize, seconds: u64, tasks: &TaskTracker) -> Figures {
    let mut child = tokio::process::Command::new(std::env::current_exe().unwrap())
        .args([kind, model])
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let process = child.id().unwrap();
    pin("0", process);
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let port: u16 = lines.next_line().await.unwrap().unwrap().parse().unwrap();
    let idle = resident_kilobytes(process);
    let mut running = Vec::new();
    for number in 0..calls {
        running.push(tasks.spawn(call(port, number, seconds)));
        // Calls begin at different moments of a frame.
        tokio::time::sleep(Duration::from_micros(20_300 / calls as u64 + 50)).await;
    }
    tokio::time::sleep(Duration::from_secs(2)).await;
    let own = std::process::id();
    let (cpu, load, since) = (cpu_ms(process), cpu_ms(own), Instant::now());
    tokio::time::sleep(Duration::from_secs(seconds.saturating_sub(4))).await;
    let took = since.elapsed().as_secs_f64();
    let (used, load) = (cpu_ms(process) - cpu, cpu_ms(own) - load);
    let loaded = resident_kilobytes(process);
    let (mut trips, mut sent) = (Vec::new(), 0);
    for call in running {
        let (count, mut own) = call.await.unwrap();
        sent += count;
        trips.append(&mut own);
    }
    trips.sort_unstable();
    let at = |share: f64| {
        trips.get(((trips.len() as f64 * share) as usize).min(trips.len() - 1)).map_or(0.0, |us| *us as f64 / 1e3)
    };
    child.kill().await.unwrap();
    Figures {
        cpu_ms: used / (calls as f64 * took),
        load_ms: load / (calls as f64 * took),
        p50_ms: at(0.5),
        p99_ms: at(0.99),
        lost: sent.saturating_sub(trips.len()),
        sent,
        answered: trips.len(),
        kilobytes: (loaded - idle) / calls as f64,
    }
}

/// One call: gives how many frames were sent and how many microseconds each took there and back; of a caller who speaks over
/// the answers, how many passed until each was cut.
async fn call(port: u16, number: usize, seconds: u64) -> (usize, Vec<u64>) {
    let speaks_over = SPEAK_OVER.load(Ordering::Relaxed);
    let stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    stream.set_nodelay(true).unwrap();
    let url = format!("ws://127.0.0.1:{port}/");
    let (mut socket, _) = tokio_tungstenite::client_async_with_config(url, stream, Some(config())).await.unwrap();
    let stream_sid = format!("MZ{number}");
    socket.send(Message::text(r#"{"event":"connected","protocol":"Call","version":"1.0.0"}"#)).await.unwrap();
    let start = json!({"event": "start", "sequenceNumber": "1", "streamSid": stream_sid, "start": {
        "streamSid": stream_sid, "accountSid": "AC1", "callSid": format!("CA{number}"), "tracks": ["inbound"],
        "customParameters": {"token": "t"}, "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1}}});
    socket.send(Message::text(start.to_string())).await.unwrap();
    // The session of the model is opened meanwhile.
    tokio::time::sleep(Duration::from_millis(700)).await;
    let (mut sent, mut trips) = (0_usize, Vec::new());
    let frames = seconds as usize * 50;
    let mut tick = interval(Duration::from_millis(20));
    tick.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let mut last = Instant::now();
    let mut unheard = Vec::new();
    loop {
        tokio::select! {
            _ = tick.tick(), if sent < frames => {
                let mut sound = [0x7f_u8; FRAME];
                sound[..8].copy_from_slice(&micros().to_le_bytes());
                sound[8..16].copy_from_slice(&(number as u64).to_le_bytes());
                let payload = STANDARD.encode(sound);
                let frame = format!(
                    r#"{{"event":"media","sequenceNumber":"{}","media":{{"track":"inbound","chunk":"{}","timestamp":"{}","payload":"{payload}"}},"streamSid":"{stream_sid}"}}"#,
                    sent + 2, sent + 1, sent * 20
                );
                socket.send(Message::text(frame)).await.unwrap();
                sent += 1;
                last = Instant::now();
            }
            frame = socket.next() => {
                let Some(Ok(Message::Text(text))) = frame else { break };
                let now = micros();
                let frame: Value = serde_json::from_str(&text).unwrap();
                match frame["event"].as_str() {
                    Some("media") if !speaks_over => {
                        let sound = STANDARD.decode(frame["media"]["payload"].as_str().unwrap()).unwrap();
                        for frame in sound.chunks_exact(FRAME) {
                            trips.push(now - u64::from_le_bytes(frame[..8].try_into().unwrap()));
                        }
                    }
                    Some("clear") => {
                        trips.push(now - SPOKE_AT[number].load(Ordering::Relaxed));
                        // All of them come back at once, as they do from the carrier.
                        for echo in unheard.drain(..) {
                            socket.send(Message::text(echo)).await.unwrap();
                        }
                    }
                    Some("mark") => {
                        let echo = json!({"event": "mark", "streamSid": stream_sid, "mark": frame["mark"]}).to_string();
                        match speaks_over {
                            // The answer is not played to its end.
                            true => unheard.push(echo),
                            false => socket.send(Message::text(echo)).await.unwrap(),
                        }
                    }
                    _ => {}
                }
            }
            () = tokio::time::sleep(Duration::from_millis(500)), if sent == frames => {}
        }
        if sent == frames && (trips.len() >= frames || last.elapsed() > Duration::from_secs(2)) {
            break;
        }
    }
    let _ = socket.close(None).await;
    (sent, trips)
}

/// The model's server: says back what it hears, and is spoken over once a second where that is measured.
async fn models(listener: TcpListener, tasks: TaskTracker) {
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        stream.set_nodelay(true).unwrap();
        tasks.spawn(async move {
            let mut socket = tokio_tungstenite::accept_async_with_config(stream, Some(config())).await.unwrap();
            let _ = socket.send(Message::text(r#"{"type":"session.created","session":{"id":"s","model":"m"}}"#)).await;
            let (mut heard, mut turn) = (0_u64, 1);
            while let Some(Ok(Message::Text(text))) = socket.next().await {
                let answers = match text.strip_prefix(r#"{"type":"input_audio_buffer.append","audio":""#) {
                    Some(rest) => {
                        let audio = rest.trim_end_matches("\"}");
                        heard += 1;
                        let mut answers = match SPEAK_OVER.load(Ordering::Relaxed) && heard.is_multiple_of(50) {
                            true => spoken_over(audio, &mut turn),
                            false => Vec::new(),
                        };
                        answers.push(format!(
                            r#"{{"type":"response.output_audio.delta","event_id":"event_1","response_id":"r{turn}","item_id":"item_{turn}","output_index":0,"content_index":0,"delta":"{audio}"}}"#
                        ));
                        answers
                    }
                    None => {
                        let event: Value = serde_json::from_str(&text).unwrap();
                        match event["type"].as_str() {
                            Some("session.update") => vec![r#"{"type":"session.updated","session":{}}"#.to_owned()],
                            Some("response.create") => vec![created(turn, &event["response"]["metadata"])],
                            _ => continue,
                        }
                    }
                };
                for answer in answers {
                    if socket.send(Message::text(answer)).await.is_err() {
                        return;
                    }
                }
            }
        });
    }
}

/// What the server says when a caller interrupts it, up to its next answer.
fn spoken_over(audio: &str, turn: &mut u64) -> Vec<String> {
    let sound = STANDARD.decode(audio).unwrap();
    let number = u64::from_le_bytes(sound[8..16].try_into().unwrap()) as usize;
    let (done, item) = (format!("r{turn}"), format!("said_{turn}"));
    *turn += 1;
    SPOKE_AT[number].store(micros(), Ordering::Relaxed);
    vec![
        json!({"type": "input_audio_buffer.speech_started", "audio_start_ms": 0, "item_id": item}).to_string(),
        json!({"type": "response.done", "response": {"id": done, "status": "cancelled", "output": [],
            "status_details": {"type": "cancelled", "reason": "turn_detected"}}})
        .to_string(),
        json!({"type": "input_audio_buffer.speech_stopped", "audio_end_ms": 0, "item_id": item}).to_string(),
        json!({"type": "input_audio_buffer.committed", "item_id": item}).to_string(),
        created(*turn, &Value::Null),
    ]
}

fn created(turn: u64, metadata: &Value) -> String {
    let response = json!({"id": format!("r{turn}"), "status": "in_progress", "metadata": metadata});
    json!({"type": "response.created", "response": response}).to_string()
}

fn pin(core: &str, process: u32) {
    // A machine with one core measures as well as it can.
    let _ = std::process::Command::new("taskset")
        .args(["--all-tasks", "--cpu-list", "--pid", core, &process.to_string()])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
}

fn cpu_ms(process: u32) -> f64 {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
    // User and system time, in ticks of 10 ms.
    (fields[11].parse::<f64>().unwrap() + fields[12].parse::<f64>().unwrap()) * 10.0
}

fn resident_kilobytes(process: u32) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.split_whitespace().next().unwrap().parse().unwrap()
}
