//! `generate`: synthetic evidence, with the truth about it beside it.

use crate::args::{GenerateArg, GenerateArgs};
use crate::error::{Error, Verdict, incomplete};
use crate::shell::Shell;
use moneytrail_generate::{Kind, Options};
use serde_json::json;

pub(crate) fn generate(args: &GenerateArgs, shell: &Shell) -> Result<Verdict, Error> {
    let options = Options {
        kind: match args.kind {
            GenerateArg::Utxo => Kind::Utxo,
            GenerateArg::Accounts => Kind::Accounts,
            GenerateArg::Tron => Kind::Tron,
            GenerateArg::Hawala => Kind::Hawala,
            GenerateArg::Rmat => Kind::Rmat,
        },
        n_transfers: args.transfers,
        seed: args.seed,
    };
    let made = {
        let bar = shell.spinner("generating");
        moneytrail_generate::generate(&args.out, &options, &bar).map_err(|error| {
            let has_begun = matches!(error, moneytrail_generate::Error::Io(_));
            let error = Error::from(error);
            if has_begun {
                error.hint(incomplete(&args.out))
            } else {
                error
            }
        })?
    };
    for (what, n) in &made.counts {
        shell.say(format!("{what}: {n}"));
    }
    let n_bytes = |files: &[moneytrail_generate::Listed]| -> u64 {
        files.iter().map(|file| file.n_bytes).sum()
    };
    let (evidence, truth) = (n_bytes(&made.evidence), n_bytes(&made.truth));
    shell.say(format!("bytes of evidence: {evidence}"));
    shell.say(format!("bytes of truth: {truth}"));
    shell.say(format!(
        "what was made is listed in {}",
        args.out.join("generate.json").display()
    ));
    let counts: serde_json::Map<String, serde_json::Value> = made
        .counts
        .iter()
        .map(|(what, n)| (what.clone(), (*n).into()))
        .collect();
    shell.json(&json!({
        "schema": "moneytrail-generate/1", "directory": args.out, "options": options, "counts": counts,
        "evidence": made.evidence, "truth": made.truth,
    }))?;
    Ok(Verdict::Done)
}
