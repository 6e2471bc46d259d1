//! What a pass cost, from `/proc`.

use std::{fs, io::Write, path::Path, time::Instant};

use anyhow::{Context, Result};

/// `USER_HZ`: the unit of the times in `/proc`, the same on every Linux that Milena supports.
const TICKS_PER_SECOND: f64 = 100.0;

/// CPU seconds a process has used, of its ended threads too.
pub(crate) fn cpu_seconds(pid: &str) -> Result<f64> {
    let path = format!("/proc/{pid}/stat");
    let stat = fs::read_to_string(&path).with_context(|| format!("reading {path}: the broker has ended"))?;
    // The name in the second field may hold anything, a parenthesis too: count from the last one.
    let fields = stat.rsplit_once(')').context("no name in stat")?.1;
    let field = |number: usize| fields.split_whitespace().nth(number - 3).and_then(|text| text.parse::<f64>().ok());
    let (user, system) = field(14).zip(field(15)).context("no times in stat")?;
    Ok((user + system) / TICKS_PER_SECOND)
}

/// Resident memory of a process in MiB.
pub(crate) fn resident_mib(pid: u32) -> Result<f64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("no VmRSS in status")?;
    let kib: f64 = line.split_whitespace().next().context("no VmRSS in status")?.parse()?;
    Ok(kib / 1024.0)
}

/// Busy and stolen CPU seconds of the whole machine.
fn machine_seconds() -> Result<(f64, f64)> {
    let stat = fs::read_to_string("/proc/stat")?;
    let times: Vec<f64> = stat.split_whitespace().skip(1).take(8).filter_map(|text| text.parse().ok()).collect();
    let [user, nice, system, _idle, _wait, irq, softirq, steal] = times[..] else {
        anyhow::bail!("/proc/stat is not as expected");
    };
    Ok(((user + nice + system + irq + softirq) / TICKS_PER_SECOND, steal / TICKS_PER_SECOND))
}

/// A moment to count from.
#[derive(Debug)]
pub(crate) struct Meter {
    broker: String,
    begin: Instant,
    broker_cpu: f64,
    own_cpu: f64,
    busy: f64,
    steal: f64,
}

/// What was used since.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Usage {
    /// Seconds by the clock.
    pub(crate) wall: f64,
    /// CPU seconds of the broker.
    pub(crate) broker: f64,
    /// CPU seconds of the generator.
    pub(crate) own: f64,
    /// CPU seconds of everything else, the kernel's writeback above all.
    pub(crate) rest: f64,
    /// CPU seconds that the hypervisor gave to others.
    pub(crate) steal: f64,
}

impl Meter {
    /// Begins to count for this broker.
    pub(crate) fn start(pid: u32) -> Result<Self> {
        let broker = pid.to_string();
        let (busy, steal) = machine_seconds()?;
        let (broker_cpu, own_cpu) = (cpu_seconds(&broker)?, cpu_seconds("self")?);
        Ok(Self { broker, begin: Instant::now(), broker_cpu, own_cpu, busy, steal })
    }

    /// What was used since the start.
    pub(crate) fn stop(&self) -> Result<Usage> {
        let wall = self.begin.elapsed().as_secs_f64();
        let broker = cpu_seconds(&self.broker)? - self.broker_cpu;
        let own = cpu_seconds("self")? - self.own_cpu;
        let (busy, steal) = machine_seconds()?;
        let rest = (busy - self.busy - broker - own).max(0.0);
        Ok(Usage { wall, broker, own, rest, steal: steal - self.steal })
    }
}

/// Writes a file of so many bytes to `home` and deletes it, so that the pages of the page cache that the pass after it
/// needs are at hand. Memory that was free for some seconds is with the hypervisor, and to get a page back costs more than
/// all that a broker does with it; to touch and free other memory does not help, the page cache takes its pages elsewhere.
pub(crate) fn warm_pages(home: &Path, bytes: u64) -> Result<()> {
    let path = home.join("warm-pages");
    let mut file = fs::File::create(&path)?;
    let piece = vec![0; 1 << 20];
    for _ in 0..bytes.div_ceil(piece.len() as u64) {
        file.write_all(&piece)?;
    }
    fs::remove_file(&path)?;
    Ok(())
}

/// Writes to the disk what is to be written, so that the pass after it does not.
pub(crate) fn sync_disk() {
    let _ = std::process::Command::new("sync").status();
}

/// The machine in one line: a number without it says nothing.
pub(crate) fn machine() -> Result<String> {
    let read = |path: &str| fs::read_to_string(path).map(|text| text.trim().to_owned()).unwrap_or_default();
    let cpuinfo = read("/proc/cpuinfo");
    let model = cpuinfo.lines().find_map(|line| line.strip_prefix("model name")).unwrap_or_default();
    let cpus = std::thread::available_parallelism()?;
    let meminfo = read("/proc/meminfo");
    let kib: u64 = meminfo.split_whitespace().nth(1).and_then(|text| text.parse().ok()).unwrap_or_default();
    let load = read("/proc/loadavg");
    Ok(format!(
        "{} CPUs{}, {} GiB, Linux {}, TCP {}, load {}",
        cpus,
        model.replace("\t: ", " "),
        kib >> 20,
        read("/proc/sys/kernel/osrelease"),
        read("/proc/sys/net/ipv4/tcp_congestion_control"),
        load.split_whitespace().next().unwrap_or_default(),
    ))
}
