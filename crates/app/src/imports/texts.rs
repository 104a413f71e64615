//! What a search finds in the rows of a file.

pub(super) const ORGANIZATION: &str = "organization";
pub(super) const CONTACT: &str = "contact";
pub(super) const LOCATION: &str = "location";

pub(super) fn words<'w>(name: &'w str, others: impl IntoIterator<Item = Option<&'w str>>) -> String {
    std::iter::once(name).chain(others.into_iter().flatten()).collect::<Vec<_>>().join("\n")
}
