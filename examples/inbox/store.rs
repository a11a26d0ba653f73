//! Mails on the disk: whole, or not at all.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::SystemTime;

use super::calendar::Moment;

/// Octets that are written at once.
const AT_ONCE: usize = 64 * 1024;
/// What the name of a draft begins and ends with.
const DRAFT: (&str, &str) = (".inbox-", ".part");

/// The directory of the mails.
#[derive(Debug)]
pub(crate) struct Store {
    dir: PathBuf,
    count: AtomicU64,
}

/// A mail that is not complete: a hidden file, removed unless it is kept.
///
/// The file is locked as long as its writer lives, so that another inbox can tell it from what a crash has left.
#[derive(Debug)]
pub(crate) struct Draft {
    file: BufWriter<File>,
    part: PathBuf,
    whole: PathBuf,
    kept: bool,
}

impl Store {
    /// Makes the directory if need be, removes what a crash has left in it, and tries whether it takes files.
    pub(crate) fn open(dir: &Path) -> io::Result<Self> {
        let holders = holders_of_missing(dir);
        fs::create_dir_all(dir)?;
        holders.iter().try_for_each(|holder| sync(holder))?;
        for entry in fs::read_dir(dir)? {
            remove_if_abandoned(&entry?.path());
        }
        let store = Self { dir: dir.to_owned(), count: AtomicU64::new(0) };
        drop(store.draft()?);
        Ok(store)
    }

    pub(crate) fn dir(&self) -> &Path {
        &self.dir
    }

    /// Begins a mail.
    pub(crate) fn draft(&self) -> io::Result<Draft> {
        // The name tells when the mail came, and is nobody else's: not another inbox's, nor another mail's.
        let (id, count) = (process::id(), self.count.fetch_add(1, Ordering::Relaxed));
        let name = format!("{}-{id}-{count}", Moment::from(SystemTime::now()).compact());
        let (front, end) = DRAFT;
        let part = self.dir.join(format!("{front}{name}{end}"));
        let whole = self.dir.join(format!("{name}.eml"));
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        // Mails are for their owner to read.
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(&part)?;
        // Where files cannot be locked, nobody takes this one for abandoned either.
        let _ = file.try_lock();
        Ok(Draft { file: BufWriter::with_capacity(AT_ONCE, file), part, whole, kept: false })
    }
}

impl Draft {
    pub(crate) fn write(&mut self, octets: &[u8]) -> io::Result<()> {
        self.file.write_all(octets)
    }

    /// Returns when the mail and its name are on the disk, so that no crash can take it back.
    pub(crate) fn keep(mut self) -> io::Result<PathBuf> {
        self.file.flush()?;
        self.file.get_ref().sync_all()?;
        fs::rename(&self.part, &self.whole)?;
        if let Err(error) = self.whole.parent().map_or(Ok(()), sync) {
            // The client will be told that it was not stored.
            let _ = fs::remove_file(&self.whole);
            return Err(error);
        }
        self.kept = true;
        Ok(self.whole.clone())
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        if !self.kept {
            let _ = fs::remove_file(&self.part);
        }
    }
}

/// A new name lasts when its directory has been written (POSIX); elsewhere directories are not opened as files.
#[cfg(unix)]
fn sync(dir: &Path) -> io::Result<()> {
    File::open(dir)?.sync_all()
}

#[cfg(not(unix))]
fn sync(_dir: &Path) -> io::Result<()> {
    Ok(())
}

/// The directories that will hold a new name when `dir` is made, with all above it that are missing.
fn holders_of_missing(dir: &Path) -> Vec<PathBuf> {
    let missing = dir.ancestors().take_while(|dir| !dir.as_os_str().is_empty() && !dir.exists());
    let holder = |dir: &Path| match dir.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
        _ => PathBuf::from("."),
    };
    missing.map(holder).collect()
}

/// A draft that can be locked belongs to nobody who is alive.
fn remove_if_abandoned(file: &Path) {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let is_draft = name.starts_with(DRAFT.0) && name.ends_with(DRAFT.1);
    if is_draft && OpenOptions::new().write(true).open(file).is_ok_and(|draft| draft.try_lock().is_ok()) {
        let _ = fs::remove_file(file);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directories_are_made_to_last_from_the_first_that_is_missing() {
        let root = std::env::temp_dir().join(format!("inbox-store-{}", process::id()));
        // Of a process of that number that was ended.
        let _ = fs::remove_dir_all(&root);
        fs::create_dir_all(&root).unwrap();
        assert_eq!(holders_of_missing(&root), [] as [PathBuf; 0]);
        let deep = root.join("a/b/c");
        assert_eq!(holders_of_missing(&deep), [root.join("a/b"), root.join("a"), root.clone()]);
        Store::open(&deep).unwrap();
        assert_eq!(holders_of_missing(&deep), [] as [PathBuf; 0]);
        assert_eq!(holders_of_missing(Path::new("not-there")), [PathBuf::from(".")]);
        fs::remove_dir_all(root).unwrap();
    }
}
