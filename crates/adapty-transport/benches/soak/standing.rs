//! What the process holds.

use std::{
    fs, io,
    time::{Duration, Instant},
};

use tokio::runtime::Runtime;

pub(crate) struct Standing {
    /// In KiB.
    pub(crate) resident: u64,
    pub(crate) sockets: usize,
    pub(crate) tasks: usize,
}

impl Standing {
    pub(crate) fn now(runtime: &Runtime) -> io::Result<Self> {
        let status = fs::read_to_string("/proc/self/status")?;
        let resident = status
            .lines()
            .find_map(|line| line.strip_prefix("VmRSS:")?.trim().strip_suffix(" kB")?.parse().ok())
            .ok_or_else(|| io::Error::other("no VmRSS in /proc/self/status"))?;
        let sockets = fs::read_dir("/proc/self/fd")?
            .filter_map(|entry| fs::read_link(entry.ok()?.path()).ok())
            .filter(|target| target.to_string_lossy().starts_with("socket:"))
            .count();
        Ok(Self { resident, sockets, tasks: runtime.metrics().num_alive_tasks() })
    }

    /// Waits a little until sockets and tasks are as they were here, and tells how they are.
    pub(crate) async fn returned(&self, runtime: &Runtime) -> io::Result<Self> {
        let deadline = Instant::now() + Duration::from_secs(5);
        loop {
            let now = Self::now(runtime)?;
            let back = now.sockets <= self.sockets && now.tasks <= self.tasks;
            if back || Instant::now() > deadline {
                return Ok(now);
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}
