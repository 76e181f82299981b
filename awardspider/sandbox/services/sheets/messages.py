"""The messages of the Sheets API v4, with their fields and types.

Each entry is a message and its fields. `name` is a text, `name:int` a 32-bit integer, `name:float` a number,
`name:bool` true or false, `name:Type` a message or an enum. A final `*` marks a list, a final `{}` a map. `?` is the
type of fields that exist but are not simulated; their content is not checked. Fields, types and the order of values are
those of the discovery document, revision 20261019.
"""

from __future__ import annotations

from typing import NamedTuple

NOT_SIMULATED = "?"
SCALARS = {"": "TYPE_STRING", "int": "TYPE_INT32", "float": "TYPE_DOUBLE", "bool": "TYPE_BOOL"}

_ENUMS = """
CommentsViewMode COMMENTS_VIEW_MODE_UNSPECIFIED COMMENTS_VIEW_MODE_DEFAULT_FOR_CURRENT_ACCESS
    COMMENTS_VIEW_MODE_OMITTED COMMENTS_VIEW_MODE_INCLUDED
ConditionType CONDITION_TYPE_UNSPECIFIED NUMBER_GREATER NUMBER_GREATER_THAN_EQ NUMBER_LESS NUMBER_LESS_THAN_EQ
    NUMBER_EQ NUMBER_NOT_EQ NUMBER_BETWEEN NUMBER_NOT_BETWEEN TEXT_CONTAINS TEXT_NOT_CONTAINS TEXT_STARTS_WITH
    TEXT_ENDS_WITH TEXT_EQ TEXT_IS_EMAIL TEXT_IS_URL DATE_EQ DATE_BEFORE DATE_AFTER DATE_ON_OR_BEFORE DATE_ON_OR_AFTER
    DATE_BETWEEN DATE_NOT_BETWEEN DATE_IS_VALID ONE_OF_RANGE ONE_OF_LIST BLANK NOT_BLANK CUSTOM_FORMULA BOOLEAN
    TEXT_NOT_EQ DATE_NOT_EQ FILTER_EXPRESSION
DateTimeRenderOption SERIAL_NUMBER FORMATTED_STRING
Dimension DIMENSION_UNSPECIFIED ROWS COLUMNS
ErrorType ERROR_TYPE_UNSPECIFIED ERROR NULL_VALUE DIVIDE_BY_ZERO VALUE REF NAME NUM N_A LOADING
HorizontalAlign HORIZONTAL_ALIGN_UNSPECIFIED LEFT CENTER RIGHT
HyperlinkDisplayType HYPERLINK_DISPLAY_TYPE_UNSPECIFIED LINKED PLAIN_TEXT
InterpolationPointType INTERPOLATION_POINT_TYPE_UNSPECIFIED MIN MAX NUMBER PERCENT PERCENTILE
NumberFormatType NUMBER_FORMAT_TYPE_UNSPECIFIED TEXT NUMBER PERCENT CURRENCY DATE TIME DATE_TIME SCIENTIFIC
RecalculationInterval RECALCULATION_INTERVAL_UNSPECIFIED ON_CHANGE MINUTE HOUR
RelativeDate RELATIVE_DATE_UNSPECIFIED PAST_YEAR PAST_MONTH PAST_WEEK YESTERDAY TODAY TOMORROW
SheetType SHEET_TYPE_UNSPECIFIED GRID OBJECT DATA_SOURCE
SortOrder SORT_ORDER_UNSPECIFIED ASCENDING DESCENDING
Style STYLE_UNSPECIFIED DOTTED DASHED SOLID SOLID_MEDIUM SOLID_THICK NONE DOUBLE
TextDirection TEXT_DIRECTION_UNSPECIFIED LEFT_TO_RIGHT RIGHT_TO_LEFT
ThemeColorType THEME_COLOR_TYPE_UNSPECIFIED TEXT BACKGROUND ACCENT1 ACCENT2 ACCENT3 ACCENT4 ACCENT5 ACCENT6 LINK
ValueInputOption INPUT_VALUE_OPTION_UNSPECIFIED RAW USER_ENTERED
ValueRenderOption FORMATTED_VALUE UNFORMATTED_VALUE FORMULA
VerticalAlign VERTICAL_ALIGN_UNSPECIFIED TOP MIDDLE BOTTOM
WrapStrategy WRAP_STRATEGY_UNSPECIFIED OVERFLOW_CELL LEGACY_WRAP CLIP WRAP
values.append.InsertDataOption OVERWRITE INSERT_ROWS
"""

# The methods' requests and responses.
_METHODS = """
GetSpreadsheetRequest spreadsheetId ranges:* includeGridData:bool excludeTablesInBandedRanges:bool
    commentsViewMode:CommentsViewMode
GetValuesRequest spreadsheetId range majorDimension:Dimension valueRenderOption:ValueRenderOption
    dateTimeRenderOption:DateTimeRenderOption
BatchGetValuesRequest spreadsheetId ranges:* majorDimension:Dimension valueRenderOption:ValueRenderOption
    dateTimeRenderOption:DateTimeRenderOption
UpdateValuesRequest spreadsheetId range valueInputOption:ValueInputOption includeValuesInResponse:bool
    responseValueRenderOption:ValueRenderOption responseDateTimeRenderOption:DateTimeRenderOption
AppendValuesRequest spreadsheetId range valueInputOption:ValueInputOption includeValuesInResponse:bool
    insertDataOption:values.append.InsertDataOption responseValueRenderOption:ValueRenderOption
    responseDateTimeRenderOption:DateTimeRenderOption
BatchUpdateValuesRequest spreadsheetId data:ValueRange* valueInputOption:ValueInputOption includeValuesInResponse:bool
    responseValueRenderOption:ValueRenderOption responseDateTimeRenderOption:DateTimeRenderOption
ClearValuesRequest spreadsheetId range
BatchClearValuesRequest spreadsheetId ranges:*
BatchUpdateSpreadsheetRequest spreadsheetId requests:Request* includeSpreadsheetInResponse:bool responseRanges:*
    responseIncludeGridData:bool commentsViewMode:CommentsViewMode
BatchGetValuesResponse spreadsheetId valueRanges:ValueRange*
UpdateValuesResponse spreadsheetId updatedRange updatedRows:int updatedColumns:int updatedCells:int
    updatedData:ValueRange
AppendValuesResponse spreadsheetId tableRange updates:UpdateValuesResponse
BatchUpdateValuesResponse spreadsheetId totalUpdatedRows:int totalUpdatedColumns:int totalUpdatedCells:int
    totalUpdatedSheets:int responses:UpdateValuesResponse*
ClearValuesResponse spreadsheetId clearedRange
BatchClearValuesResponse spreadsheetId clearedRanges:*
BatchUpdateSpreadsheetResponse spreadsheetId replies:Response* updatedSpreadsheet:Spreadsheet commentUpdateState
ValueRange range majorDimension:Dimension values:?
"""

_REQUESTS = """
Request
    addConditionalFormatRule:AddConditionalFormatRuleRequest addProtectedRange:AddProtectedRangeRequest
    addSheet:AddSheetRequest appendCells:AppendCellsRequest appendDimension:AppendDimensionRequest
    autoResizeDimensions:AutoResizeDimensionsRequest clearBasicFilter:ClearBasicFilterRequest
    deleteConditionalFormatRule:DeleteConditionalFormatRuleRequest deleteDimension:DeleteDimensionRequest
    deleteDuplicates:DeleteDuplicatesRequest deleteProtectedRange:DeleteProtectedRangeRequest
    deleteRange:DeleteRangeRequest deleteSheet:DeleteSheetRequest duplicateSheet:DuplicateSheetRequest
    findReplace:FindReplaceRequest insertDimension:InsertDimensionRequest moveDimension:MoveDimensionRequest
    repeatCell:RepeatCellRequest setBasicFilter:SetBasicFilterRequest setDataValidation:SetDataValidationRequest
    sortRange:SortRangeRequest updateCells:UpdateCellsRequest
    updateConditionalFormatRule:UpdateConditionalFormatRuleRequest
    updateDimensionProperties:UpdateDimensionPropertiesRequest updateSheetProperties:UpdateSheetPropertiesRequest
    updateSpreadsheetProperties:UpdateSpreadsheetPropertiesRequest
    addBanding:? addChart:? addCommentReply:? addDataSource:? addDimensionGroup:? addFilterView:? addNamedRange:?
    addSlicer:? addTable:? autoFill:? cancelDataSourceRefresh:? copyPaste:? createDeveloperMetadata:? cutPaste:?
    deleteBanding:? deleteComment:? deleteCommentReply:? deleteDataSource:? deleteDeveloperMetadata:?
    deleteDimensionGroup:? deleteEmbeddedObject:? deleteFilterView:? deleteNamedRange:? deleteTable:?
    duplicateFilterView:? insertComment:? insertRange:? mergeCells:? pasteData:? randomizeRange:?
    refreshDataSource:? textToColumns:? trimWhitespace:? unmergeCells:? updateBanding:? updateBorders:?
    updateChartSpec:? updateCommentPost:? updateDataSource:? updateDeveloperMetadata:? updateDimensionGroup:?
    updateEmbeddedObjectBorder:? updateEmbeddedObjectPosition:? updateFilterView:? updateNamedRange:?
    updateProtectedRange:? updateSlicerSpec:? updateTable:?
AddConditionalFormatRuleRequest rule:ConditionalFormatRule index:int
AddProtectedRangeRequest protectedRange:ProtectedRange
AddSheetRequest properties:SheetProperties
AppendCellsRequest sheetId:int rows:RowData* fields tableId
AppendDimensionRequest sheetId:int dimension:Dimension length:int
AutoResizeDimensionsRequest dimensions:DimensionRange dataSourceSheetDimensions:?
ClearBasicFilterRequest sheetId:int
DeleteConditionalFormatRuleRequest index:int sheetId:int
DeleteDimensionRequest range:DimensionRange
DeleteDuplicatesRequest range:GridRange comparisonColumns:DimensionRange*
DeleteProtectedRangeRequest protectedRangeId:int
DeleteRangeRequest range:GridRange shiftDimension:Dimension
DeleteSheetRequest sheetId:int
DuplicateSheetRequest sourceSheetId:int insertSheetIndex:int newSheetId:int newSheetName
FindReplaceRequest find replacement matchCase:bool matchEntireCell:bool searchByRegex:bool includeFormulas:bool
    range:GridRange sheetId:int allSheets:bool
InsertDimensionRequest range:DimensionRange inheritFromBefore:bool
MoveDimensionRequest source:DimensionRange destinationIndex:int
RepeatCellRequest range:GridRange cell:CellData fields
SetBasicFilterRequest filter:BasicFilter
SetDataValidationRequest range:GridRange rule:DataValidationRule filteredRowsIncluded:bool
SortRangeRequest range:GridRange sortSpecs:SortSpec*
UpdateCellsRequest rows:RowData* fields start:GridCoordinate range:GridRange
UpdateConditionalFormatRuleRequest index:int sheetId:int rule:ConditionalFormatRule newIndex:int
UpdateDimensionPropertiesRequest range:DimensionRange properties:DimensionProperties fields dataSourceSheetRange:?
UpdateSheetPropertiesRequest properties:SheetProperties fields
UpdateSpreadsheetPropertiesRequest properties:SpreadsheetProperties fields
Response
    addProtectedRange:AddProtectedRangeResponse addSheet:AddSheetResponse
    deleteConditionalFormatRule:DeleteConditionalFormatRuleResponse deleteDuplicates:DeleteDuplicatesResponse
    duplicateSheet:DuplicateSheetResponse findReplace:FindReplaceResponse
    updateConditionalFormatRule:UpdateConditionalFormatRuleResponse
    addBanding:? addChart:? addCommentReply:? addDataSource:? addDimensionGroup:? addFilterView:? addNamedRange:?
    addSlicer:? addTable:? cancelDataSourceRefresh:? createDeveloperMetadata:? deleteDeveloperMetadata:?
    deleteDimensionGroup:? duplicateFilterView:? insertComment:? refreshDataSource:? trimWhitespace:?
    updateDataSource:? updateDeveloperMetadata:? updateEmbeddedObjectPosition:?
AddProtectedRangeResponse protectedRange:ProtectedRange
AddSheetResponse properties:SheetProperties
DeleteConditionalFormatRuleResponse rule:ConditionalFormatRule
DeleteDuplicatesResponse duplicatesRemovedCount:int
DuplicateSheetResponse properties:SheetProperties
FindReplaceResponse valuesChanged:int formulasChanged:int rowsChanged:int sheetsChanged:int occurrencesChanged:int
UpdateConditionalFormatRuleResponse newRule:ConditionalFormatRule newIndex:int oldRule:ConditionalFormatRule
    oldIndex:int
"""

# A spreadsheet and its parts.
_PARTS = """
Spreadsheet spreadsheetId spreadsheetUrl properties:SpreadsheetProperties sheets:Sheet* namedRanges:?
    developerMetadata:? dataSources:? dataSourceSchedules:? comments:? commentsViewMode:CommentsViewMode
SpreadsheetProperties title locale timeZone autoRecalc:RecalculationInterval defaultFormat:CellFormat
    iterativeCalculationSettings:IterativeCalculationSettings spreadsheetTheme:SpreadsheetTheme
    importFunctionsExternalUrlAccessAllowed:bool
IterativeCalculationSettings maxIterations:int convergenceThreshold:float
SpreadsheetTheme primaryFontFamily themeColors:ThemeColorPair*
ThemeColorPair colorType:ThemeColorType color:ColorStyle
Sheet properties:SheetProperties data:GridData* merges:GridRange* conditionalFormats:ConditionalFormatRule*
    protectedRanges:ProtectedRange* basicFilter:BasicFilter filterViews:? charts:? bandedRanges:? developerMetadata:?
    rowGroups:? columnGroups:? slicers:? tables:? commentAnchors:?
SheetProperties sheetId:int title index:int sheetType:SheetType gridProperties:GridProperties hidden:bool
    rightToLeft:bool tabColor:Color tabColorStyle:ColorStyle dataSourceSheetProperties:?
GridProperties rowCount:int columnCount:int frozenRowCount:int frozenColumnCount:int hideGridlines:bool
    rowGroupControlAfter:bool columnGroupControlAfter:bool
GridData startRow:int startColumn:int rowData:RowData* rowMetadata:DimensionProperties*
    columnMetadata:DimensionProperties*
DimensionProperties hiddenByFilter:bool hiddenByUser:bool pixelSize:int developerMetadata:? dataSourceColumnReference:?
RowData values:CellData*
CellData userEnteredValue:ExtendedValue effectiveValue:ExtendedValue formattedValue userEnteredFormat:CellFormat
    effectiveFormat:CellFormat hyperlink note textFormatRuns:TextFormatRun* dataValidation:DataValidationRule
    pivotTable:? dataSourceTable:? dataSourceFormula:? chipRuns:?
ExtendedValue stringValue numberValue:float boolValue:bool formulaValue errorValue:ErrorValue
ErrorValue type:ErrorType message
CellFormat numberFormat:NumberFormat backgroundColor:Color backgroundColorStyle:ColorStyle borders:Borders
    padding:Padding horizontalAlignment:HorizontalAlign verticalAlignment:VerticalAlign wrapStrategy:WrapStrategy
    textDirection:TextDirection textFormat:TextFormat hyperlinkDisplayType:HyperlinkDisplayType
    textRotation:TextRotation
NumberFormat type:NumberFormatType pattern
Color red:float green:float blue:float alpha:float
ColorStyle rgbColor:Color themeColor:ThemeColorType
Borders top:Border bottom:Border left:Border right:Border
Border style:Style width:int color:Color colorStyle:ColorStyle
Padding top:int right:int bottom:int left:int
TextFormat foregroundColor:Color foregroundColorStyle:ColorStyle fontFamily fontSize:int bold:bool italic:bool
    strikethrough:bool underline:bool link:Link
Link uri
TextRotation angle:int vertical:bool
TextFormatRun startIndex:int format:TextFormat
GridRange sheetId:int startRowIndex:int endRowIndex:int startColumnIndex:int endColumnIndex:int
GridCoordinate sheetId:int rowIndex:int columnIndex:int
DimensionRange sheetId:int dimension:Dimension startIndex:int endIndex:int
DataValidationRule condition:BooleanCondition inputMessage strict:bool showCustomUi:bool
BooleanCondition type:ConditionType values:ConditionValue*
ConditionValue relativeDate:RelativeDate userEnteredValue
ConditionalFormatRule ranges:GridRange* booleanRule:BooleanRule gradientRule:GradientRule
BooleanRule condition:BooleanCondition format:CellFormat
GradientRule minpoint:InterpolationPoint midpoint:InterpolationPoint maxpoint:InterpolationPoint
InterpolationPoint color:Color colorStyle:ColorStyle type:InterpolationPointType value
ProtectedRange protectedRangeId:int range:GridRange namedRangeId tableId description warningOnly:bool
    requestingUserCanEdit:bool unprotectedRanges:GridRange* editors:Editors
Editors users:* groups:* domainUsersCanEdit:bool
BasicFilter range:GridRange sortSpecs:SortSpec* criteria:FilterCriteria{} filterSpecs:FilterSpec* tableId
FilterSpec columnIndex:int filterCriteria:FilterCriteria dataSourceColumnReference:?
FilterCriteria hiddenValues:* condition:BooleanCondition visibleBackgroundColor:Color
    visibleBackgroundColorStyle:ColorStyle visibleForegroundColor:Color visibleForegroundColorStyle:ColorStyle
SortSpec dimensionIndex:int sortOrder:SortOrder foregroundColor:Color foregroundColorStyle:ColorStyle
    backgroundColor:Color backgroundColorStyle:ColorStyle dataSourceColumnReference:?
"""


class Field(NamedTuple):
    """A field. `type` is a message, an enum, a key of SCALARS, or `?`."""

    type: str
    repeated: bool
    is_map: bool


Message = dict[str, Field]


def _entries(table: str) -> dict[str, list[str]]:
    """Return each entry's remaining words, keyed by its first word; an indented line continues the previous one."""
    entries = (line.split() for line in table.replace("\n ", " ").splitlines() if line)
    return {first: words for first, *words in entries}


def _field(word: str) -> tuple[str, Field]:
    name, _, field_type = word.partition(":")
    return name, Field(field_type.rstrip("*{}"), field_type.endswith("*"), field_type.endswith("{}"))


#: The values of each enum, in the order of their numbers.
ENUMS: dict[str, tuple[str, ...]] = {name: tuple(words) for name, words in _entries(_ENUMS).items()}
MESSAGES: dict[str, Message] = {
    name: dict(map(_field, words)) for name, words in _entries(_METHODS + _REQUESTS + _PARTS).items()
}
