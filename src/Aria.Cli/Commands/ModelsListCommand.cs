using System.CommandLine;
using System.Globalization;
using Aria.Cli.Nodes;
using Aria.Cli.Output;
using Aria.Engine.Models;

namespace Aria.Cli.Commands;

/// <summary><c>aria models list</c>: the models that need no file.</summary>
internal static class ModelsListCommand
{
    private const int IdDigits = 12;

    public static Command Create(GlobalOptions globals)
    {
        Command command = new("list", "List the built-in models; any GGUF file of a ternary model serves too");
        command.Runs(globals, scope =>
        {
            List<ModelDocument> models = [];
            foreach (string name in ModelFile.BuiltInNames)
            {
                using ModelFile model = ModelNames.Open(name);
                models.Add(ModelDocument.Of(name, model));
            }

            scope.Answer(new(ModelListDocument.SchemaName, models), CliJson.Documents.ModelListDocument, () =>
            {
                TextTable table = new("MODEL", "LAYERS", "DIM", "VOCABULARY", "CONTEXT", "SIZE", "SOURCE", "ID");
                foreach (ModelDocument model in models)
                {
                    table.Add(model.Name, Text(model.Layers), Text(model.Dim), Text(model.Vocabulary), Text(model.Context), $"{(model.Bytes / 1e6).ToString("0.0", CultureInfo.InvariantCulture)} MB", model.Source, model.ModelId[..IdDigits]);
                }

                table.Print(scope.Terminal);
            });
            return Task.FromResult(ExitCode.Ok);
        });
        return command;
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
