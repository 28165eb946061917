using Aria.Engine.Models;

namespace Aria.Cli.Nodes;

/// <summary>What <c>models list --json</c> prints.</summary>
internal sealed record ModelListDocument(string Schema, IReadOnlyList<ModelDocument> Models)
{
    public const string SchemaName = "aria.models.list/1";
}

/// <summary>A model's shape and names.</summary>
internal sealed record ModelDocument(
    string Schema,
    string Name,
    string Source,
    string ModelId,
    string Architecture,
    string NumericSpec,
    int Layers,
    int Dim,
    int Heads,
    int KvHeads,
    int HeadDim,
    int FeedForward,
    int Vocabulary,
    int Context,
    float RopeTheta,
    float NormEpsilon,
    long Bytes,
    bool Chats)
{
    public const string SchemaName = "aria.models.inspect/1";

    private const string BuiltIn = "built in";

    public static ModelDocument Of(string nameOrPath, ModelFile model) => new(
        SchemaName,
        model.Name,
        ModelFile.BuiltInNames.Contains(nameOrPath) ? BuiltIn : Path.GetFullPath(nameOrPath),
        model.Id.ToString(),
        model.Architecture,
        Engine.NumericSpec.Id,
        model.Shape.Layers,
        model.Shape.Dim,
        model.Shape.Heads,
        model.Shape.KvHeads,
        model.Shape.HeadDim,
        model.Shape.FeedForward,
        model.Shape.Vocabulary,
        model.Shape.Context,
        model.Shape.RopeTheta,
        model.Shape.NormEpsilon,
        model.FileBytes,
        ChatsWith(model));

    private static bool ChatsWith(ModelFile model)
    {
        try
        {
            _ = model.ChatTemplate;
            return true;
        }
        catch (Engine.Text.ChatFormatException)
        {
            return false;
        }
    }
}
