using System.CommandLine;
using System.Globalization;
using Aria.Cli.Nodes;
using Aria.Cli.Output;
using Aria.Engine.Models;

namespace Aria.Cli.Commands;

/// <summary><c>aria models inspect</c>: what a model is, from its own file.</summary>
internal static class ModelsInspectCommand
{
    public static Command Create(GlobalOptions globals)
    {
        Argument<string> name = new("MODEL") { Description = "A built-in model or a GGUF file" };
        Command command = new("inspect", "Show a model's shape and id; exit 5 if it cannot be used") { name };
        command.Runs(globals, scope =>
        {
            using ModelFile model = ModelNames.Open(scope.Get(name)!);
            ModelDocument document = ModelDocument.Of(scope.Get(name)!, model);
            scope.Answer(document, CliJson.Documents.ModelDocument, () => Print(scope.Terminal, document));
            return Task.FromResult(ExitCode.Ok);
        });
        return command;
    }

    private static void Print(Terminal terminal, ModelDocument model)
    {
        terminal.Line($" model        {model.Name}   {model.Architecture}   {model.Source}   {model.Bytes.ToString(CultureInfo.InvariantCulture)} bytes");
        terminal.Line($" id           {model.ModelId}");
        terminal.Line($" numbers      {model.NumericSpec}");
        terminal.Line($" shape        {model.Layers} layers, dim {model.Dim}, {model.Heads} query and {model.KvHeads} key/value heads of {model.HeadDim}, feed-forward {model.FeedForward}");
        terminal.Line(string.Create(CultureInfo.InvariantCulture, $" text         vocabulary {model.Vocabulary}, context {model.Context} tokens, RoPE theta {model.RopeTheta}, norm epsilon {model.NormEpsilon:g}, {(model.Chats ? "chats" : "no chat template")}"));
    }
}
