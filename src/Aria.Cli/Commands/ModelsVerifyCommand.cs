using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Security.Cryptography;
using Aria.Cli.Models;
using Aria.Cli.Nodes;
using Aria.Cli.Output;
using Aria.Engine.Catalogue;
using Aria.Engine.Models;

namespace Aria.Cli.Commands;

/// <summary><c>aria models verify</c>: the digests of a model file, held against the catalogue and against what is expected.</summary>
internal static class ModelsVerifyCommand
{
    public static Command Create(GlobalOptions globals)
    {
        Argument<string> file = new("FILE") { Description = "A GGUF file" };
        Option<Digest?> sha256 = Expected("--sha256", "The file's SHA-256 that is expected");
        Option<Digest?> id = Expected("--id", "The model id that is expected");
        Command command = new("verify", "Read all of a model file and show its digests; exit 4 if it is not what is expected, 5 if it is no usable model") { file, sha256, id };
        command.RunsInTime(globals, scope => RunAsync(scope, FileOf(scope.Get(file)!), scope.Get(sha256), scope.Get(id)));
        return command;
    }

    private static string FileOf(string name) => !File.Exists(name) && ModelFile.BuiltInNames.Contains(name)
        ? throw CommandFailedException.Usage($"{name} is built into this program: there is no file to verify.", $"aria models inspect {name}")
        : Path.GetFullPath(name);

    private static async Task<int> RunAsync(CommandScope scope, string path, Digest? expectedSha256, Digest? expectedId)
    {
        using ModelFile model = ModelNames.Open(path);
        Digest sha256 = await HashAsync(path, scope.Stopping);
        CatalogueFile? official = ModelCatalogue.Recognise(model.FileBytes, () => sha256);
        List<string> failures = [];
        if (expectedSha256 is { } wantedSha256 && wantedSha256 != sha256)
        {
            failures.Add($"The file's SHA-256 is not {wantedSha256}.");
        }

        if (expectedId is { } wantedId && wantedId != model.Id.Digest)
        {
            failures.Add($"The model id is not {wantedId}.");
        }

        if (official is null && ModelCatalogue.Files.FirstOrDefault(known => known.Bytes == model.FileBytes) is { } alike)
        {
            failures.Add($"The file is as long as the official file of {alike.Model.Name} and has other bytes: its SHA-256 would be {alike.Sha256}.");
        }

        VerificationDocument document = new(
            VerificationDocument.SchemaName,
            path,
            model.FileBytes,
            sha256.ToString(),
            official?.Model.Name,
            model.Id.ToString(),
            [.. Enumerable.Range(0, model.Shape.Layers).Select(layer => model.LayerDigest(layer).ToString())],
            failures);
        scope.Answer(document, CliJson.Documents.VerificationDocument, () => Print(scope.Terminal, document));
        return failures.Count == 0 ? ExitCode.Ok : ExitCode.CheckFailed;
    }

    private static void Print(Terminal terminal, VerificationDocument document)
    {
        terminal.Line($" file      {document.Path}   {document.Bytes.ToString(CultureInfo.InvariantCulture)} bytes");
        terminal.Line($" sha256    {document.Sha256}   {(document.Official is { } name ? $"official file of {name}" : "not an official file that is known here")}");
        terminal.Line($" model id  {document.ModelId}");
        foreach ((int layer, string digest) in document.LayerDigests.Index())
        {
            terminal.Line(string.Create(CultureInfo.InvariantCulture, $" layer {layer,3} {digest}"));
        }

        foreach (string failure in document.Failures)
        {
            terminal.Line($" {terminal.Paint("FAIL", Ink.Red)} {failure}");
        }
    }

    private static async Task<Digest> HashAsync(string path, CancellationToken cancellationToken)
    {
        await using FileStream stream = new(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 1 << 20, useAsync: true);
        return new(await SHA256.HashDataAsync(stream, cancellationToken));
    }

    private static Option<Digest?> Expected(string name, string description) => new(name)
    {
        Description = description,
        HelpName = "HEX",
        CustomParser = result => OptionParsers.Single<Digest?>(result, (string token, out Digest? value) =>
        {
            bool ok = Digest.TryParse(token, out Digest digest);
            value = digest;
            return ok ? null : "64 hexadecimal digits";
        }),
    };
}
