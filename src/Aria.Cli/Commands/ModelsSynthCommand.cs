using System.CommandLine;
using System.Globalization;
using Aria.Cli.Models;
using Aria.Cli.Output;
using Aria.Engine.Catalogue;
using Aria.Engine.Models.Gguf;
using Aria.Engine.Synthesis;

namespace Aria.Cli.Commands;

/// <summary><c>aria models synth</c>: a model of a published shape with random weights, for load tests and speed comparisons.</summary>
internal static class ModelsSynthCommand
{
    /// <summary>What <c>--type</c> calls <see cref="TernaryFormat.I2S"/>.</summary>
    public const string I2S = "i2_s";

    /// <summary>What <c>--type</c> calls <see cref="TernaryFormat.TQ2"/>.</summary>
    public const string Tq2 = "tq2_0";

    public static TernaryFormat FormatOf(string? type) => type == Tq2 ? TernaryFormat.TQ2 : TernaryFormat.I2S;

    public static Command Create(GlobalOptions globals)
    {
        string[] names = [.. ModelCatalogue.Models.Select(model => model.Name)];
        Argument<string> shape = new("SHAPE") { Description = $"The model whose shape it has: {string.Join(", ", names)}" };
        Option<string> output = new("--output", "-o") { Description = "The file to write", HelpName = "FILE", Required = true };
        Option<string> type = new("--type") { Description = "How the ternary matrices are stored", HelpName = $"{I2S}|{Tq2}", DefaultValueFactory = _ => I2S };
        type.AcceptOnlyFromAmong(I2S, Tq2);
        Option<ulong> seed = new("--seed") { Description = "Equal seeds give equal files", HelpName = "N" };
        Option<int?> layers = OptionParsers.Int("--layers", "Fewer layers, for a smaller file", 1, 4096);
        Option<int?> tokens = OptionParsers.Int("--tokens", "Fewer tokens, for a smaller file", SynthesisOptions.MinTokens, 1 << 20);
        Option<bool> force = OptionParsers.Flag("--force", "Overwrite the file");
        Command command = new("synth", "Write a model of random weights in a published shape") { shape, output, type, seed, layers, tokens, force };
        command.RunsInTime(globals, scope => Task.FromResult(Run(
            scope,
            new(ModelCatalogue.Find(scope.Get(shape)!)
                ?? throw CommandFailedException.Usage($"There is no shape \"{scope.Get(shape)}\"; known are {string.Join(", ", names)}.", "aria models synth --help"))
            {
                Format = FormatOf(scope.Get(type)),
                Seed = scope.Get(seed),
                Layers = scope.Get(layers),
                Tokens = scope.Get(tokens),
            },
            Path.GetFullPath(scope.Get(output)!),
            scope.Get(force))));
        return command;
    }

    private static int Run(CommandScope scope, SynthesisOptions options, string path, bool force)
    {
        if (options.Objection() is { } objection)
        {
            throw CommandFailedException.Usage(objection, "aria models synth --help");
        }

        OutputFile.DemandFree(path, force, "aria models synth … --force");
        long bytes = ModelSynthesis.FileBytes(options), started = scope.Time.GetTimestamp();
        Digest digest = OutputFile.Write(path, bytes, output => ModelSynthesis.Write(options, output, new Percent(scope.Terminal, bytes), scope.Stopping));
        TimeSpan elapsed = scope.Time.GetElapsedTime(started);
        SynthesisDocument document = new(
            SynthesisDocument.SchemaName,
            options.Model.Name,
            options.Format == TernaryFormat.I2S ? I2S : Tq2,
            options.Seed,
            options.Layers ?? options.Model.Shape.Layers,
            options.Tokens ?? options.Model.Tokens,
            path,
            bytes,
            digest.ToString());
        scope.Answer(document, CliJson.Documents.SynthesisDocument, () =>
        {
            scope.Terminal.Line($" model   {document.Shape}, {document.Layers} layers, {document.Tokens} tokens, {document.Type}, seed {document.Seed}");
            scope.Terminal.Line(string.Create(CultureInfo.InvariantCulture, $" file    {path}   {bytes / 1e6:0.0} MB in {elapsed.TotalSeconds:0.0} s"));
            scope.Terminal.Line($" sha256  {document.Sha256}");
        });
        return ExitCode.Ok;
    }
}
