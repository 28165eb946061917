using System.CommandLine;
using System.Globalization;
using Aria.Cli.Models;
using Aria.Cli.Nodes;
using Aria.Cli.Output;
using Aria.Engine.Models;
using Aria.Engine.Models.Import;

namespace Aria.Cli.Commands;

/// <summary><c>aria models import</c>: a checkpoint of a ternary model becomes a GGUF file, which is read back and held against its source.</summary>
internal static class ModelsImportCommand
{
    public static Command Create(GlobalOptions globals)
    {
        Argument<string> source = new("SOURCE") { Description = "A Hugging Face checkpoint's folder (config.json, *.safetensors, tokenizer), or a file of bitllama2.c" };
        Option<string> output = new("--output", "-o") { Description = "The file to write", HelpName = "FILE", Required = true };
        Option<string?> tokenizer = OptionParsers.Text("--tokenizer", "A tokenizer.model or tokenizer.json; default: the folder's", "FILE");
        Option<string?> pre = OptionParsers.Text("--pre", "How a byte-level tokenizer splits text, where its file is not recognised: gpt-2, llama-bpe, falcon3, falcon or falcon_e", "NAME");
        Option<string?> name = OptionParsers.Text("--name", "The model's name in the file; default: the source's", "NAME");
        Option<NumberFormat> numbers = new("--numbers") { Description = "How embedding and head are stored; auto keeps F16 and BF16 and makes F32 F16", HelpName = "auto|f16|bf16|f32" };
        Option<string> type = new("--type") { Description = "How the ternary matrices are stored", HelpName = $"{ModelsSynthCommand.I2S}|{ModelsSynthCommand.Tq2}", DefaultValueFactory = _ => ModelsSynthCommand.I2S };
        type.AcceptOnlyFromAmong(ModelsSynthCommand.I2S, ModelsSynthCommand.Tq2);
        Option<bool> force = OptionParsers.Flag("--force", "Overwrite the file");
        Command command = new("import", "Write a GGUF file from a checkpoint in safetensors, packed or not, and verify it") { source, output, tokenizer, pre, name, type, numbers, force };
        command.RunsInTime(globals, scope => Task.FromResult(Run(
            scope,
            scope.Get(source)!,
            new() { Tokenizer = scope.Get(tokenizer), Pre = scope.Get(pre), Name = scope.Get(name), Numbers = scope.Get(numbers), Ternary = ModelsSynthCommand.FormatOf(scope.Get(type)) },
            Path.GetFullPath(scope.Get(output)!),
            scope.Get(force))));
        return command;
    }

    private static int Run(CommandScope scope, string source, CheckpointOptions options, string path, bool force)
    {
        OutputFile.DemandFree(path, force, "aria models import … --force");
        long started = scope.Time.GetTimestamp();
        try
        {
            using Checkpoint checkpoint = Checkpoint.Open(source, options);
            string id = "";
            Digest digest = OutputFile.Write(
                path,
                checkpoint.FileBytes,
                stream => checkpoint.Write(stream, new Percent(scope.Terminal, checkpoint.FileBytes, "writing "), scope.Stopping),
                written => id = Verify(scope, checkpoint, written));
            ImportDocument document = new(
                ImportDocument.SchemaName, Path.GetFullPath(source), checkpoint.Packing, checkpoint.Architecture, checkpoint.Shape.Layers, checkpoint.Shape.Dim, checkpoint.Tokens,
                checkpoint.Shape.Vocabulary, path, checkpoint.FileBytes, digest.ToString(), id);
            scope.Answer(document, CliJson.Documents.ImportDocument, () => Print(scope.Terminal, document, scope.Time.GetElapsedTime(started)));
            return ExitCode.Ok;
        }
        catch (FileNotFoundException e)
        {
            throw new CommandFailedException(ExitCode.Precondition, "source_not_found", e.Message, "aria models import --help", e);
        }
        catch (ModelFormatException e)
        {
            throw new CommandFailedException(ExitCode.Precondition, "source_unusable", $"{source} cannot be imported: {e.Message}", "aria models import --help", e);
        }
    }

    private static string Verify(CommandScope scope, Checkpoint checkpoint, string written)
    {
        using ModelFile model = ModelNames.Open(written);
        checkpoint.Verify(model, new Percent(scope.Terminal, checkpoint.Shape.Layers, "verifying "), scope.Stopping);
        return model.Id.ToString();
    }

    private static void Print(Terminal terminal, ImportDocument document, TimeSpan elapsed)
    {
        terminal.Line($" source    {document.Source}   {document.Packing}");
        terminal.Line($" model     {document.Architecture}, {document.Layers} layers, dim {document.Dim}, {document.Tokens} tokens in {document.Vocabulary} rows");
        terminal.Line(string.Create(CultureInfo.InvariantCulture, $" file      {document.Path}   {document.Bytes / 1e6:0.0} MB in {elapsed.TotalSeconds:0.0} s, every weight read back and equal"));
        terminal.Line($" sha256    {document.Sha256}");
        terminal.Line($" model id  {document.ModelId}");
    }
}
