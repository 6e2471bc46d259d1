//! Running other people's programs: with a deadline, with their output in hand, and never left behind.

use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use rustix::process::{Pid, Signal, kill_process};

/// How often a process is asked whether it has ended. Only the speed of noticing depends on it.
const POLL: Duration = Duration::from_millis(10);

/// What a program that has ended left behind.
#[derive(Debug)]
pub struct Output {
    /// How it ended.
    pub status: ExitStatus,
    /// Standard output; bytes that are not UTF-8 are replaced.
    pub stdout: String,
    /// Standard error, likewise.
    pub stderr: String,
}

impl Output {
    /// Standard output, if the program ended with success.
    ///
    /// # Errors
    /// If it did not, with the end of what it printed.
    pub fn success(self) -> Result<String> {
        ensure!(self.status.success(), "{}: {}", self.status, self.tail());
        Ok(self.stdout)
    }

    /// The last lines of both streams in one line, for a message.
    #[must_use]
    pub fn tail(&self) -> String {
        let mut tail = String::new();
        for stream in [&self.stdout, &self.stderr] {
            let lines: Vec<&str> = stream.lines().filter(|line| !line.trim().is_empty()).collect();
            for line in &lines[lines.len().saturating_sub(6)..] {
                let separator = if tail.is_empty() { "" } else { " / " };
                let _ = write!(tail, "{separator}{}", line.trim());
            }
        }
        tail
    }
}

/// Runs `command` to its end with `input` on its standard input.
///
/// # Errors
/// If it cannot be started, or has not ended after `limit`; it is killed then.
pub fn run(command: &mut Command, input: &str, limit: Duration) -> Result<Output> {
    let name = command.get_program().to_string_lossy().into_owned();
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| format!("starting {name}"))?;
    let mut stdin = child.stdin.take().context("no standard input")?;
    let input = input.to_owned();
    // A program may end without reading what it was given; that shows in its exit status, not here.
    let writer = thread::spawn(move || drop(stdin.write_all(input.as_bytes())));
    let stdout = drain(child.stdout.take().context("no standard output")?);
    let stderr = drain(child.stderr.take().context("no standard error")?);
    let status = wait(&mut child, limit)?;
    if status.is_none() {
        child.kill()?;
        child.wait()?;
    }
    let joined = |handle: thread::JoinHandle<String>| handle.join().unwrap_or_default();
    let (stdout, stderr) = (joined(stdout), joined(stderr));
    let _ = writer.join();
    match status {
        Some(status) => Ok(Output { status, stdout, stderr }),
        None => {
            let output = Output { status: ExitStatus::default(), stdout, stderr };
            bail!("{name} was still running after {} s: {}", limit.as_secs(), output.tail())
        }
    }
}

fn drain(mut stream: impl Read + Send + 'static) -> thread::JoinHandle<String> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        let _ = stream.read_to_end(&mut bytes);
        String::from_utf8_lossy(&bytes).into_owned()
    })
}

/// Waits until the process has ended, at most for `limit`; `None` if it still runs.
///
/// # Errors
/// Those of the operating system.
pub fn wait(child: &mut Child, limit: Duration) -> Result<Option<ExitStatus>> {
    let start = Instant::now();
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        if start.elapsed() > limit {
            return Ok(None);
        }
        thread::sleep(POLL);
    }
}

/// Asks the process to end (SIGTERM) and waits for it.
///
/// # Errors
/// If it still runs after `limit`; it is killed then.
pub fn terminate(child: &mut Child, limit: Duration) -> Result<ExitStatus> {
    send_term(child.id())?;
    match wait(child, limit)? {
        Some(status) => Ok(status),
        None => {
            child.kill()?;
            child.wait()?;
            bail!("still running {} s after SIGTERM, killed", limit.as_secs())
        }
    }
}

/// Sends SIGTERM to the process with this id, which may have ended already.
///
/// # Errors
/// If `pid` is no process id.
pub fn send_term(pid: u32) -> Result<()> {
    let pid = i32::try_from(pid).ok().and_then(Pid::from_raw).with_context(|| format!("{pid} is no process id"))?;
    let _ = kill_process(pid, Signal::TERM);
    Ok(())
}

/// A program that goes on in the background while its lines are watched. Killed when dropped.
#[derive(Debug)]
pub struct Background {
    name: String,
    child: Child,
    seen: Arc<(Mutex<Vec<String>>, Condvar)>,
}

impl Background {
    /// Starts `command`; the lines of both its streams are gathered.
    ///
    /// # Errors
    /// If it cannot be started.
    pub fn start(command: &mut Command) -> Result<Background> {
        let name = command.get_program().to_string_lossy().into_owned();
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .with_context(|| format!("starting {name}"))?;
        let seen = Arc::new((Mutex::new(Vec::new()), Condvar::new()));
        gather(child.stdout.take().context("no standard output")?, Arc::clone(&seen));
        gather(child.stderr.take().context("no standard error")?, Arc::clone(&seen));
        Ok(Background { name, child, seen })
    }

    /// Waits until `found` gives something for the lines printed so far.
    ///
    /// # Errors
    /// If that has not happened after `limit`: the last lines stand in the message.
    pub fn wait_for<T>(&self, what: &str, limit: Duration, found: impl Fn(&[String]) -> Option<T>) -> Result<T> {
        let start = Instant::now();
        let (lines, news) = &*self.seen;
        let mut lines = lines.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if let Some(value) = found(&lines) {
                return Ok(value);
            }
            let Some(left) = limit.checked_sub(start.elapsed()) else {
                let tail = lines[lines.len().saturating_sub(6)..].join(" / ");
                bail!("no {what} from {} after {} s: {tail}", self.name, limit.as_secs());
            };
            lines = news.wait_timeout(lines, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// All lines printed so far.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        self.seen.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Writes one line to the program's standard input.
    ///
    /// # Errors
    /// If the program has closed it.
    pub fn tell(&mut self, line: &str) -> Result<()> {
        let stdin = self.child.stdin.as_mut().context("standard input is closed")?;
        writeln!(stdin, "{line}").with_context(|| format!("{} does not listen", self.name))
    }

    /// Waits until the program ends by itself.
    ///
    /// # Errors
    /// If it still runs after `limit`.
    pub fn wait(&mut self, limit: Duration) -> Result<ExitStatus> {
        wait(&mut self.child, limit)?.with_context(|| format!("{} runs after {} s", self.name, limit.as_secs()))
    }

    /// Asks the program to end, and waits for it.
    ///
    /// # Errors
    /// If it still runs after `limit`; it is killed then.
    pub fn terminate(&mut self, limit: Duration) -> Result<ExitStatus> {
        terminate(&mut self.child, limit).with_context(|| self.name.clone())
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn gather(stream: impl Read + Send + 'static, seen: Arc<(Mutex<Vec<String>>, Condvar)>) {
    thread::spawn(move || {
        let mut reader = BufReader::new(stream);
        let mut line = Vec::new();
        while reader.read_until(b'\n', &mut line).is_ok_and(|read| read > 0) {
            let text = String::from_utf8_lossy(&line).trim_end().to_owned();
            line.clear();
            seen.0.lock().unwrap_or_else(PoisonError::into_inner).push(text);
            seen.1.notify_all();
        }
    });
}

/// Asks `found` again and again until it gives something.
///
/// # Errors
/// If that has not happened after `limit`.
pub fn until<T>(what: &str, limit: Duration, mut found: impl FnMut() -> Option<T>) -> Result<T> {
    let begin = Instant::now();
    loop {
        if let Some(value) = found() {
            return Ok(value);
        }
        ensure!(begin.elapsed() < limit, "{what}: not after {} s", limit.as_secs());
        thread::sleep(POLL);
    }
}

/// Whether `program --version` (or whatever `args` are) can be run at all.
#[must_use]
pub fn there_is(program: &str, args: &[&str]) -> bool {
    Command::new(program)
        .args(args)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}
