use super::*;
use std::io::Cursor;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

const LIST: &[u8] = b"source,target,time,amount\na,b,1,2\n";

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn zipped(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in files {
        archive
            .start_file(*name, SimpleFileOptions::default())
            .unwrap();
        archive.write_all(bytes).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

fn look(bytes: &[u8], limits: &Limits) -> Result<Content, Error> {
    look_in(&tempfile::tempdir().unwrap(), bytes, limits)
}

fn look_in(folder: &tempfile::TempDir, bytes: &[u8], limits: &Limits) -> Result<Content, Error> {
    let path = folder.path().join("packed");
    fs_err::write(&path, bytes).unwrap();
    let content = content(&EvidenceFile::at(&path), folder.path(), limits);
    let left = fs_err::read_dir(folder.path()).unwrap().count();
    assert_eq!(left, 1, "what is unpacked has no name");
    content
}

/// Names and bytes, or why not.
fn read(bytes: &[u8]) -> Vec<(String, Result<Vec<u8>, String>)> {
    let bytes_of = |file: &EvidenceFile| {
        let map = file.map().unwrap();
        map.map(|map| map.to_vec()).unwrap_or_default()
    };
    let folder = tempfile::tempdir().unwrap();
    match look_in(&folder, bytes, &Limits::DEFAULT).unwrap() {
        Content::One(file) => vec![(file.name.clone(), Ok(bytes_of(&file)))],
        Content::Many(members) => {
            let member = |member: Member| match member {
                Member::File(file) => (file.name.clone(), Ok(bytes_of(&file))),
                Member::LeftOut(name, _, why) => (name, Err(why.to_owned())),
                Member::Unreadable(name, _, why) => (name, Err(why)),
            };
            members.into_iter().map(member).collect()
        }
    }
}

fn refused(bytes: &[u8]) -> String {
    look(bytes, &Limits::DEFAULT).unwrap_err().to_string()
}

#[test]
fn each_packing_gives_back_its_bytes() {
    let one = |bytes: &[u8]| vec![("packed".to_owned(), Ok(bytes.to_vec()))];
    assert_eq!(read(LIST), one(LIST));
    assert_eq!(read(&gzip(LIST)), one(LIST));
    let twice = [gzip(b"source,target,"), gzip(b"time,amount\n")].concat();
    assert_eq!(read(&twice), one(b"source,target,time,amount\n"));
    let zstandard = zstd::stream::encode_all(LIST, 3).unwrap();
    assert_eq!(read(&zstandard), one(LIST));
    let frames = [
        &[0x52, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3][..],
        &zstandard,
        &zstandard,
    ];
    assert_eq!(read(&frames.concat()), one(&[LIST, LIST].concat()));
    assert_eq!(read(&gzip(b"")), one(b""));
    assert_eq!(read(b""), one(b""));
}

#[test]
fn the_files_of_a_zip_are_named_within_it() {
    let archive = zipped(&[
        ("z/b.csv", LIST),
        ("a.csv", b"x"),
        ("../../etc/c.csv", b"y"),
        (".DS_Store", b"z"),
        ("__MACOSX/a.csv", b"z"),
    ]);
    let ok = |name: &str, bytes: &[u8]| (name.to_owned(), Ok(bytes.to_vec()));
    let out = |name: &str, why: &str| (name.to_owned(), Err(why.to_owned()));
    assert_eq!(
        read(&archive),
        [
            ok("packed/../../etc/c.csv", b"y"),
            out("packed/.DS_Store", "hidden"),
            out("packed/__MACOSX/a.csv", "what a Mac keeps beside files"),
            ok("packed/a.csv", b"x"),
            ok("packed/z/b.csv", LIST),
        ]
    );
    let mut linked = ZipWriter::new(Cursor::new(Vec::new()));
    linked
        .add_symlink("a", "/etc/passwd", SimpleFileOptions::default())
        .unwrap();
    let linked = linked.finish().unwrap().into_inner();
    assert_eq!(read(&linked), [out("packed/a", "a link")]);
}

/// All files of an archive are in one on disk: a process may have few files open.
#[test]
fn a_zip_of_many_files_opens_one() {
    let names: Vec<String> = (0..500).map(|n| format!("{n:03}.csv")).collect();
    let files: Vec<(&str, &[u8])> = names
        .iter()
        .map(|name| (&**name, name.as_bytes()))
        .collect();
    let folder = tempfile::tempdir().unwrap();
    let content = look_in(&folder, &zipped(&files), &Limits::DEFAULT).unwrap();
    let Content::Many(members) = content else {
        panic!("{content:?}")
    };
    let mut n_users = Vec::new();
    for (member, name) in members.iter().zip(&names) {
        let Member::File(file) = member else {
            panic!("{member:?}")
        };
        assert_eq!(file.map().unwrap().unwrap()[..], *name.as_bytes());
        n_users.push(file.n_users());
    }
    assert_eq!(n_users, [names.len(); 500]);
}

#[test]
fn office_documents_stay_what_they_are() {
    let book = zipped(&[
        ("xl/workbook.xml", b"<a/>"),
        ("[Content_Types].xml", b"<b/>"),
    ]);
    assert_eq!(read(&book), [("packed".to_owned(), Ok(book.clone()))]);
    // Torn before its directory, it is still told.
    assert_eq!(Packing::of(&book[..book.len() - 30]), None);
    // A book in an archive, stored as it is, does not make the archive a book.
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    let stored = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
    archive.start_file("book.xlsx", stored).unwrap();
    archive.write_all(&book).unwrap();
    let archive = archive.finish().unwrap().into_inner();
    assert_eq!(
        read(&archive),
        [("packed/book.xlsx".to_owned(), Ok(book.clone()))]
    );
    assert_eq!(read(&gzip(&book)), [("packed".to_owned(), Ok(book))]);
}

#[test]
fn an_archive_in_an_archive_is_refused() {
    let inner = gzip(LIST);
    for outer in [gzip(&inner), zipped(&[("a.csv.gz", &inner)])] {
        assert!(refused(&outer).contains("archive inside an archive"));
    }
    let mut tar = vec![0; 1_024];
    tar[257..262].copy_from_slice(b"ustar");
    assert!(refused(&gzip(&tar)).contains("tar archive inside an archive"));
    assert!(refused(&tar).contains("a tar archive, which is not read yet"));
    assert!(refused(b"Rar!\x1a\x07\x00").contains("RAR"));
}

#[test]
fn everything_has_a_limit() {
    let zeros = vec![0; 1 << 20];
    let small = Limits {
        n_files: 2,
        n_bytes: 1 << 30,
        n_bytes_free: 1 << 16,
        ratio: 10,
    };
    let files = zipped(&[("a", &zeros[..1 << 15]), ("b", &zeros[..1 << 15])]);
    assert!(look(&files, &small).is_ok());
    let bombs = [
        gzip(&zeros),
        zstd::stream::encode_all(&zeros[..], 3).unwrap(),
        zipped(&[("a", &zeros)]),
        zipped(&[("a", &zeros[..1 << 15]), ("b", &zeros[..=(1 << 15)])]),
    ];
    for bomb in bombs {
        let error = look(&bomb, &small).unwrap_err();
        assert!(error.to_string().contains("unpacks to far more"), "{error}");
        assert!(look(&bomb, &Limits::DEFAULT).is_ok());
    }
    let many = zipped(&[("a", b""), ("b", b""), ("c", b"")]);
    assert!(look(&many, &small).is_err());
    assert_eq!(Limits::DEFAULT.bytes_max(1), 1 << 28);
    assert_eq!(Limits::DEFAULT.bytes_max(1 << 30), 200 << 30);
    assert_eq!(Limits::DEFAULT.bytes_max(u64::MAX), 1 << 42);
}

#[test]
fn damage_is_said_and_costs_one_file_of_a_zip() {
    let packed = gzip(&LIST.repeat(100));
    assert!(refused(&packed[..packed.len() - 9]).contains("damaged or breaks off"));
    let packed = zstd::stream::encode_all(LIST, 3).unwrap();
    assert!(refused(&packed[..packed.len() - 3]).contains("damaged or breaks off"));

    let mut stored = ZipWriter::new(Cursor::new(Vec::new()));
    let as_is = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
    for name in ["a", "b"] {
        stored.start_file(name, as_is).unwrap();
        stored.write_all(LIST).unwrap();
    }
    let stored = stored.finish().unwrap().into_inner();
    let mut altered = stored.clone();
    let at = memchr::memmem::find(&altered, b"a,b,1,2").unwrap();
    altered[at] ^= 1;
    let found = read(&altered);
    assert!(
        found[0]
            .1
            .as_ref()
            .is_err_and(|why| why.contains("checksum")),
        "{found:?}"
    );
    assert_eq!(found[1], ("packed/b".to_owned(), Ok(LIST.to_vec())));
    // One name for both, in heads and directory.
    let mut doubled = stored;
    for at in memchr::memmem::find_iter(&doubled.clone(), b"b").collect::<Vec<_>>() {
        if doubled[at - 1] != b',' {
            doubled[at] = b'a';
        }
    }
    assert!(refused(&doubled).contains("two files of one name"));
    assert!(refused(b"PK\x03\x04 and nothing").contains("list of files does not read"));
}

proptest::proptest! {
    #[test]
    fn no_bytes_make_it_panic(
        head in proptest::sample::select(vec![
            &b"PK\x03\x04"[..], b"PK\x05\x06", b"\x1f\x8b\x08", b"\x28\xb5\x2f\xfd",
        ]),
        rest in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..200),
        cut in proptest::prelude::any::<proptest::sample::Index>(),
    ) {
        let _ = look(&[head, &rest].concat(), &Limits::DEFAULT);
        let mut whole = zipped(&[("a", LIST), ("b", &rest)]);
        let at = cut.index(whole.len());
        whole[at] ^= 1 << (rest.len() % 8);
        let _ = look(&whole, &Limits::DEFAULT);
        let _ = look(&whole[..at], &Limits::DEFAULT);
    }
}
