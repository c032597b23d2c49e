//! Stores profiles and asks them later, while Adapty is not asked at all: a cache of one file a
//! profile, as good as a table of `profile_id` and `profile` in a database.
//!
//! ```sh
//! cargo run -p adapty-model --example store_profile
//! ```

#![expect(clippy::print_stdout, reason = "it talks to a person")]

use std::cmp::Ordering;
use std::error::Error;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};
use std::{env, fs, io, process};

use adapty_model::uuid::Uuid;
use adapty_model::{Profile, ProfileResponse};

fn main() -> Result<(), Box<dyn Error>> {
    let store = Store::new(env::temp_dir().join(format!("adapty-profiles-{}", process::id())))?;
    let body = include_bytes!("../fixtures/get_profile.200.newer-page.lifetime_premium.json");
    let profile = ProfileResponse::from_json(body)?.data;
    let id = profile.profile_id;
    println!("stored: {}", store.put(&profile)?);

    let stored = store.get(id)?.ok_or("what was stored is there")?;
    assert_eq!(stored, profile);
    let now = SystemTime::now();
    println!("{}", stored.access("premium", now));
    println!("in a year: {}", stored.access("premium", now + Duration::from_secs(31_536_000)));
    match stored.next_change(now) {
        Some(change) => println!("ask Adapty again by {change}"),
        None => println!("no date of it changes the answer; a refund may, so ask again some day"),
    }

    // Answers may arrive out of order: one that is older than what is stored stays out.
    let mut older = profile.clone();
    older.access_levels.clear();
    older.timestamp = profile.timestamp.map(|milliseconds| milliseconds - 1);
    let mut newer = profile;
    newer.timestamp = newer.timestamp.map(|milliseconds| milliseconds + 1);
    println!("the newer one: {}, the older one: {}", store.put(&newer)?, store.put(&older)?);
    assert_eq!(store.get(id)?, Some(newer));
    fs::remove_dir_all(store.folder)?;
    Ok(())
}

/// Profiles by their id. A process of its own per folder; a database would compare and write at once.
struct Store {
    folder: PathBuf,
}

impl Store {
    fn new(folder: PathBuf) -> io::Result<Self> {
        fs::create_dir_all(&folder)?;
        Ok(Self { folder })
    }

    /// Keeps a profile, and says whether it did: not if the one that is there was answered later.
    fn put(&self, profile: &Profile) -> Result<bool, Box<dyn Error>> {
        if let Some(known) = self.get(profile.profile_id)?
            && profile.compare_timestamp(&known) == Some(Ordering::Less)
        {
            return Ok(false);
        }
        // Written beside and moved, so that a reader never meets half a profile.
        let (path, part) = (self.path(profile.profile_id), self.folder.join("part"));
        fs::write(&part, profile.to_json()?)?;
        fs::rename(part, path)?;
        Ok(true)
    }

    /// A stored profile that does not read is an error: it says nothing about the customer.
    fn get(&self, id: Uuid) -> Result<Option<Profile>, Box<dyn Error>> {
        match fs::read(self.path(id)) {
            Ok(stored) => Ok(Some(Profile::from_json(&stored)?)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    fn path(&self, id: Uuid) -> PathBuf {
        Path::new(&self.folder).join(format!("{id}.json"))
    }
}
