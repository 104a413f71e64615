//! The line that backs up PostgreSQL, without the password.

use std::path::Path;

use crate::wiring;

/// A command for the shell.
pub(crate) fn line(url: &str, file: &Path) -> String {
    let file = file.to_string_lossy();
    format!("pg_dump --format=custom --file={} {}", quoted(&file), quoted(&wiring::shown(url)))
}

/// As one word for the shell.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_password_and_no_surprise() {
        let line = line("postgres://desk:s3cret@db:5432/desk", Path::new("it's.dump"));
        assert_eq!(line, r"pg_dump --format=custom --file='it'\''s.dump' 'postgres://desk@db:5432/desk'");
    }
}
