//! A throw-away PostgreSQL cluster for tests: on a free port of the loopback, fast and forgetful, gone at the end.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::keeper::Keeper;
use crate::shell;

/// The variable in which tests find the server.
pub(crate) const VARIABLE: &str = "PATCHCORD_TEST_POSTGRES";
/// The oldest version that is supported.
const OLDEST: u32 = 15;
/// What makes it fast; what it stores need not survive anything.
const FORGETFUL: [&str; 3] = ["fsync=off", "synchronous_commit=off", "full_page_writes=off"];
const SETTINGS: [&str; 5] = [
    "listen_addresses=127.0.0.1",
    "unix_socket_directories=",
    "max_connections=300",
    "jit=off",
    "log_line_prefix=%m [%p] %d ",
];

/// Stops the cluster in folder `$2` with `$1` and removes the folder. Once is not enough when this process was killed while
/// the cluster was being made: what makes it goes on for a moment and puts files back.
const REMOVE: &str = "for _ in 1 2 3 4 5 6 7 8 9 10; do \
    \"$1\" --pgdata=\"$2/data\" --mode=immediate --wait stop; rm -rf \"$2\"; [ -e \"$2\" ] || break; sleep 0.3; done";

/// `cargo xtask postgres [COMMAND ...]`.
pub(crate) fn run(arguments: &[String]) -> Result<()> {
    let cluster = Cluster::start()?;
    let Some((program, rest)) = arguments.split_first() else {
        println!("export {VARIABLE}={}", cluster.url());
        println!("# in {}; running until Ctrl-C", cluster.folder.display());
        loop {
            std::thread::park();
        }
    };
    shell::run(Command::new(program).args(rest).env(VARIABLE, cluster.url()))
}

/// A running cluster. It is stopped and removed when this is dropped, or when the process ends in any other way.
pub(crate) struct Cluster {
    url: String,
    folder: PathBuf,
    _keeper: Keeper,
}

impl Cluster {
    /// Starts a cluster of its own; PostgreSQL is installed when it is missing and this may do so.
    ///
    /// # Errors
    /// A line that tells what to install, or what the server wrote to its log.
    pub(crate) fn start() -> Result<Self> {
        Self::start_as(&FORGETFUL, None)
    }

    /// Starts a cluster that waits for the disk like a real one, on one core when that is named: for measurements.
    ///
    /// # Errors
    /// As for [`Cluster::start`].
    pub(crate) fn durable(core: Option<&str>) -> Result<Self> {
        Self::start_as(&["shared_buffers=256MB"], core)
    }

    fn start_as(more: &[&str], core: Option<&str>) -> Result<Self> {
        let bin = match installed() {
            Some(bin) => bin,
            None => {
                shell::install(&format!("PostgreSQL {OLDEST} or newer"), &["postgresql"])?;
                installed().with_context(|| format!("the installed PostgreSQL is older than {OLDEST}"))?
            }
        };
        let folder = make_folder()?;
        let folder_text = folder.to_str().context("the path of the temporary folder is not UTF-8")?;
        let pg_ctl = bin.join("pg_ctl");
        let keeper = Keeper::start(unprivileged("sh")?, REMOVE, &[&pg_ctl.to_string_lossy(), folder_text])?;
        let password = random_password()?;
        // The folder lets nobody in but the server's user, so the file may be readable.
        std::fs::write(folder.join("password"), &password).context("writing the password of the test cluster")?;
        make_cluster(&bin, folder_text)?;
        for _ in 0..5 {
            let port = shell::free_port()?;
            if start_on(&pg_ctl, folder_text, port, more, core)? {
                let url = format!("postgres://postgres:{password}@127.0.0.1:{port}/postgres");
                return Ok(Self { url, folder, _keeper: keeper });
            }
            let log = shell::tail(&folder.join("log"), 20);
            if !log.contains("Address already in use") {
                bail!("PostgreSQL did not start:\n{log}");
            }
        }
        bail!("PostgreSQL found no free port in five attempts")
    }

    /// The address of the server, with a user who may create databases.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// The address of one of its databases.
    pub(crate) fn url_of(&self, database: &str) -> String {
        let server = self.url.rsplit_once('/').map_or(self.url.as_str(), |(server, _)| server);
        format!("{server}/{database}")
    }

    /// Runs a statement in one of its databases.
    ///
    /// # Errors
    /// When it fails.
    pub(crate) fn sql(&self, database: &str, statement: &str) -> Result<()> {
        let psql = installed().context("PostgreSQL is not there any more")?.join("psql");
        let mut psql = Command::new(psql);
        psql.args([&self.url_of(database), "--no-password", "--no-psqlrc", "--quiet", "-c", statement]);
        shell::read(&mut psql).map(drop)
    }

    /// What a statement in one of its databases gives, without heads.
    ///
    /// # Errors
    /// When it fails.
    pub(crate) fn ask(&self, database: &str, statement: &str) -> Result<String> {
        let psql = installed().context("PostgreSQL is not there any more")?.join("psql");
        let mut psql = Command::new(psql);
        psql.args([&self.url_of(database), "--no-password", "--no-psqlrc", "--quiet", "-Atc", statement]);
        shell::read(&mut psql)
    }

    /// Moves all its processes to these cores, when some are named.
    ///
    /// # Errors
    /// When they cannot be moved.
    pub(crate) fn use_cores(&self, cores: Option<&str>) -> Result<()> {
        let Some(cores) = cores else { return Ok(()) };
        let file = self.folder.join("data/postmaster.pid");
        let text = std::fs::read_to_string(&file).with_context(|| format!("reading {}", file.display()))?;
        let first = text.lines().next().context("the file with the process of PostgreSQL is empty")?;
        let others = shell::read(Command::new("ps").args(["--ppid", first, "-o", "pid="]))?;
        for process in std::iter::once(first).chain(others.split_whitespace()) {
            // One that has just ended needs no core.
            let _ = Command::new("taskset")
                .args(["--all-tasks", "--cpu-list", "--pid", cores, process])
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .status();
        }
        Ok(())
    }
}

/// The folder with the programs of the newest PostgreSQL that is new enough.
fn installed() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").ok().into_iter().flatten().flatten();
    let debian = versions
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse::<u32>().ok()?, entry.path().join("bin"))))
        .filter(|(version, bin)| *version >= OLDEST && bin.join("initdb").is_file())
        .max()
        .map(|(_, bin)| bin);
    debian.or_else(in_path)
}

fn in_path() -> Option<PathBuf> {
    let initdb = shell::find("initdb")?;
    let text = Command::new(&initdb).arg("--version").output().ok()?.stdout;
    let version = version(&String::from_utf8_lossy(&text))?;
    (version >= OLDEST).then(|| initdb.parent().map(Path::to_owned))?
}

/// The major version in a line such as `initdb (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)`.
fn version(line: &str) -> Option<u32> {
    let number = line.split_whitespace().find(|word| word.starts_with(|c: char| c.is_ascii_digit()))?;
    number.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

/// PostgreSQL refuses to run as root, so root becomes the user `postgres` of the package.
fn unprivileged(program: impl AsRef<Path>) -> Result<Command> {
    let program = program.as_ref();
    let mut command = if shell::is_root() {
        if !Command::new("id").arg("postgres").stdout(Stdio::null()).stderr(Stdio::null()).status()?.success() {
            bail!("PostgreSQL does not run as root and there is no user `postgres`; run this as an ordinary user");
        }
        let mut command = Command::new("setpriv");
        command.args(["--reuid=postgres", "--regid=postgres", "--init-groups", "--"]).arg(program);
        command
    } else {
        Command::new(program)
    };
    command.current_dir("/");
    Ok(command)
}

fn make_folder() -> Result<PathBuf> {
    let pattern = std::env::temp_dir().join("patchcord-postgres.XXXXXX");
    let made = shell::read(unprivileged("mktemp")?.arg("-d").arg(pattern))?;
    Ok(made.trim().into())
}

fn make_cluster(bin: &Path, folder: &str) -> Result<()> {
    let mut initdb = unprivileged(bin.join("initdb"))?;
    initdb
        .args(["--username=postgres", "--auth=password", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"])
        .arg(format!("--pwfile={folder}/password"))
        .arg(format!("--pgdata={folder}/data"));
    let output = initdb.output().context("starting initdb")?;
    if !output.status.success() {
        bail!("initdb failed: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(())
}

/// Says whether it runs; when not, the reason is in the log.
fn start_on(pg_ctl: &Path, folder: &str, port: u16, more: &[&str], core: Option<&str>) -> Result<bool> {
    let mut options = format!("-p {port}");
    for setting in SETTINGS.iter().chain(more) {
        options += &format!(" -c '{setting}'");
    }
    let mut start = match core {
        Some(core) => {
            let mut start = unprivileged("taskset")?;
            start.args(["--cpu-list", core]).arg(pg_ctl);
            start
        }
        None => unprivileged(pg_ctl)?,
    };
    start
        .args(["--wait", "--timeout=60", "--silent"])
        .arg(format!("--pgdata={folder}/data"))
        .arg(format!("--log={folder}/log"))
        .arg(format!("--options={options}"))
        .arg("start")
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    Ok(start.status().context("starting pg_ctl")?.success())
}

fn random_password() -> Result<String> {
    let mut bytes = [0; 16];
    let mut source = std::fs::File::open("/dev/urandom").context("opening /dev/urandom")?;
    std::io::Read::read_exact(&mut source, &mut bytes).context("reading /dev/urandom")?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions() {
        for (line, expect) in [
            ("initdb (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)", Some(15)),
            ("initdb (PostgreSQL) 18beta1", Some(18)),
            ("initdb", None),
        ] {
            assert_eq!(version(line), expect, "{line}");
        }
    }

    #[test]
    fn a_cluster_answers_those_who_know_its_password_and_leaves_nothing_behind() {
        let cluster = Cluster::start().unwrap();
        let ask = |url: &str| {
            let psql = installed().unwrap().join("psql");
            Command::new(psql).args([url, "--no-password", "-Atc", "SELECT 6 * 7"]).output().unwrap()
        };
        let (url, folder) = (cluster.url().to_owned(), cluster.folder.clone());
        assert_eq!(ask(&url).stdout, b"42\n");
        assert!(!ask(&url.replace("@", "0@")).status.success(), "a wrong password was accepted");
        drop(cluster);
        assert!(!ask(&url).status.success(), "it still runs");
        assert!(!folder.exists(), "{} is still there", folder.display());
    }
}
