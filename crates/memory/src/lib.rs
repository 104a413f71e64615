//! Keeps the program small: few heaps, and what only its start needed is given back to the system.

use std::io;

/// What was given back, in bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct GivenBack {
    /// Pages of the program's own code and constants. They come back from the system's cache when they are used again.
    pub program: u64,
}

/// Lets the C library keep no more heaps than there are cores. It would make eight for each core, and a thread that sleeps
/// keeps what is free in its own from all others. To be called before any other thread is there; on other systems than Linux with
/// the GNU library this does nothing.
pub fn keep_few_heaps() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    linux::keep_few_heaps(std::thread::available_parallelism().map_or(2, |cores| cores.get().max(2)));
}

/// Gives back the pages of the program's code and constants, and the free pieces of the heap.
///
/// Nothing changes but what the process holds: a page of code that is needed again is read again, from the system's cache of
/// files most of all. On other systems than Linux this does nothing.
///
/// # Errors
/// When the system does not tell what the process has mapped.
pub fn give_back() -> io::Result<GivenBack> {
    #[cfg(target_os = "linux")]
    return linux::give_back();
    #[cfg(not(target_os = "linux"))]
    Ok(GivenBack::default())
}

#[cfg(target_os = "linux")]
mod linux {
    use std::ffi::c_void;
    use std::{fs, io};

    use super::GivenBack;

    pub(super) fn give_back() -> io::Result<GivenBack> {
        let program = fs::read_link("/proc/self/exe")?;
        let maps = fs::read_to_string("/proc/self/smaps")?;
        let mut given = GivenBack::default();
        for piece in pieces(&maps, &program.to_string_lossy()) {
            given.program += drop_pages(&piece);
        }
        trim_heap();
        Ok(given)
    }

    /// A part of a file that is mapped, unchanged and not to be changed.
    #[derive(Debug, PartialEq, Eq)]
    pub(super) struct Piece {
        start: usize,
        end: usize,
        resident: u64,
    }

    /// The pieces of `program` that nobody writes to and nobody has written to. The part that the dynamic linker has filled in
    /// is not writable either by now, but its pages are no longer those of the file: they are counted as `Anonymous`. (`Dirty` are
    /// also those of a file that was written a moment ago and is not on the disk yet.)
    pub(super) fn pieces(smaps: &str, program: &str) -> Vec<Piece> {
        let mut found = Vec::new();
        let mut piece: Option<Piece> = None;
        for line in smaps.lines() {
            if let Some(next) = head(line) {
                found.extend(piece.take());
                let [range, rights, _, _, _, name @ ..] = &*next else { continue };
                if rights.starts_with("r-") && rights.ends_with('p') && name.join(" ") == program {
                    piece = range.split_once('-').and_then(|(start, end)| {
                        let [start, end] = [start, end].map(|hex| usize::from_str_radix(hex, 16).ok());
                        Some(Piece { start: start?, end: end?, resident: 0 })
                    });
                }
                continue;
            }
            let Some((field, value)) = line.split_once(':') else { continue };
            let bytes =
                value.trim().strip_suffix(" kB").and_then(|kib| kib.trim().parse::<u64>().ok()).unwrap_or(0) * 1_024;
            match field {
                "Rss" => piece = piece.map(|piece| Piece { resident: bytes, ..piece }),
                "Anonymous" | "Swap" if bytes > 0 => piece = None,
                _ => {}
            }
        }
        found.extend(piece);
        found
    }

    /// The words of the first line of a mapping, such as `7f00-7f10 r-xp 00000000 fd:01 42 /usr/bin/patchcord`.
    fn head(line: &str) -> Option<Vec<&str>> {
        let words: Vec<&str> = line.split_whitespace().collect();
        (words.len() >= 5 && words[0].contains('-') && !words[0].ends_with(':')).then_some(words)
    }

    #[expect(
        unsafe_code,
        reason = "the C library has the call, and no crate has a safe form of it for the program itself"
    )]
    fn drop_pages(piece: &Piece) -> u64 {
        // SAFETY: the range is a private mapping of the running program's file, not writable, with no page that differs from the
        // file (`Anonymous` and `Swap` are 0). Linux keeps such a file from being written to while it runs. So a page
        // that is read after this call has the same bytes as before, whoever reads or runs it, on whichever thread.
        let done = unsafe { libc::madvise(piece.start as *mut c_void, piece.end - piece.start, libc::MADV_DONTNEED) };
        if done == 0 { piece.resident } else { 0 }
    }

    #[cfg(target_env = "gnu")]
    #[expect(unsafe_code, reason = "a function of the C library")]
    pub(super) fn keep_few_heaps(count: usize) {
        // SAFETY: it takes two numbers, and sets one under the lock of the heap itself.
        unsafe { libc::mallopt(libc::M_ARENA_MAX, i32::try_from(count).unwrap_or(i32::MAX)) };
    }

    #[cfg(target_env = "gnu")]
    #[expect(unsafe_code, reason = "a function of the C library")]
    fn trim_heap() {
        // SAFETY: it takes no pointer, touches free memory only, and takes the locks of the heap itself.
        unsafe { libc::malloc_trim(0) };
    }

    #[cfg(not(target_env = "gnu"))]
    fn trim_heap() {}
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::linux::pieces;
    use super::*;

    const SMAPS: &str = "\
5000-6000 r--p 00000000 fd:01 42                         /usr/bin/patchcord
Rss:                   4 kB
Private_Dirty:         0 kB
Anonymous:             0 kB
VmFlags: rd mr mw me dw
6000-9000 r-xp 00001000 fd:01 42                         /usr/bin/patchcord
Rss:                   8 kB
Private_Dirty:         8 kB
Anonymous:             0 kB
9000-a000 r--p 00004000 fd:01 42                         /usr/bin/patchcord
Rss:                   4 kB
Private_Dirty:         4 kB
Anonymous:             4 kB
a000-b000 rw-p 00005000 fd:01 42                         /usr/bin/patchcord
Rss:                   4 kB
Anonymous:             0 kB
b000-c000 rw-p 00000000 00:00 0                          [heap]
Rss:                   4 kB
c000-d000 r-xp 00000000 fd:01 43                         /usr/lib/libc.so.6
Rss:                   4 kB
";

    #[test]
    fn only_unchanged_parts_of_the_program_are_taken() {
        let found = format!("{:x?}", pieces(SMAPS, "/usr/bin/patchcord"));
        let wanted =
            "[Piece { start: 5000, end: 6000, resident: 1000 }, Piece { start: 6000, end: 9000, resident: 2000 }]";
        assert_eq!(found, wanted);
        assert!(pieces(SMAPS, "/usr/bin/other").is_empty());
    }

    #[test]
    fn the_program_goes_on_after_giving_back() {
        let resident = || {
            let status = std::fs::read_to_string("/proc/self/status").unwrap();
            let line = status.lines().find_map(|line| line.strip_prefix("RssFile:")).unwrap();
            line.trim().strip_suffix(" kB").unwrap().parse::<u64>().unwrap()
        };
        let others: Vec<_> = (0..4_u64)
            .map(|seed| {
                std::thread::spawn(move || {
                    (0..2_000_000_u64).fold(seed, |sum, step| sum.rotate_left(7) ^ step.wrapping_mul(31))
                })
            })
            .collect();
        let before = resident();
        let mut given = GivenBack::default();
        for _ in 0..20 {
            given = give_back().unwrap();
        }
        assert!(given.program > 0 && resident() < before, "{given:?} of {before} KiB");
        for (seed, other) in others.into_iter().enumerate() {
            let wanted = (0..2_000_000_u64).fold(seed as u64, |sum, step| sum.rotate_left(7) ^ step.wrapping_mul(31));
            assert_eq!(other.join().unwrap(), wanted);
        }
    }
}
